//! [`Gradients`]: the gradients of a module by the names of its parameters.

use std::cell::OnceCell;
use std::sync::Arc;

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::{Bool, Int, Shape, Tensor};
use lenet_backend::optim::{Clip, Clipping, GlobalNorm, scale};

/// The gradients of a module, to be read and replaced by name while they stay on their device.
///
/// A name is the path of fields to a parameter, such as `conv1.weight`. Burn's tensors have their rank in
/// their type; so that one function can work on all of them, a gradient is handed out flat, `[numbers]`.
#[derive(Debug)]
pub struct Gradients {
    params: GradientsParams,
    parameters: Arc<[Parameter]>,
    /// Norm of all gradients, cached until a gradient changes.
    norm: OnceCell<Option<Tensor<1>>>,
}

/// Name, identity and shape of a parameter of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Parameter {
    /// Path of fields to the parameter, such as `conv1.weight`.
    pub name: String,
    /// Burn's identifier, under which an optimizer keeps the parameter's state.
    pub id: ParamId,
    /// Shape, in Burn's layout.
    pub shape: Vec<usize>,
}

/// The parameters of `module`, in the order of its fields.
pub fn parameters<M: Module>(module: &M) -> Arc<[Parameter]> {
    let mut names = Names::default();
    module.visit(&mut names);
    names.parameters.into()
}

/// Evaluates an expression in which `$D` is the rank as a constant; `None` for a rank above 8.
macro_rules! with_rank {
    ($rank:expr, $D:ident => $body:expr) => {
        with_rank!(@ $rank, $D => $body, 1 2 3 4 5 6 7 8)
    };
    (@ $rank:expr, $D:ident => $body:expr, $($number:literal)*) => {
        match $rank {
            $($number => { const $D: usize = $number; $body })*
            _ => None,
        }
    };
}

pub(crate) use with_rank;

/// Changes every gradient, with its rank as a constant. Each gradient is taken out of the map first: an
/// unshared tensor can be changed in place.
macro_rules! change_each {
    ($self:ident, $gradient:ident => $changed:expr) => {
        $self.norm.take();
        for Parameter { id, shape, .. } in $self.parameters.iter() {
            with_rank!(shape.len(), D => {
                $self.params.remove::<D>(*id).map(|$gradient| $self.params.register(*id, $changed))
            });
        }
    };
}

impl Gradients {
    /// Takes the gradients that `backward` computed for the `parameters` of a module.
    pub fn new(params: GradientsParams, parameters: Arc<[Parameter]>) -> Self {
        Self { params, parameters, norm: OnceCell::new() }
    }

    /// The parameters, those without a gradient included, frozen ones not.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// The gradient of the parameter `name`, flat; `None` if there is no such parameter or it got no
    /// gradient.
    pub fn get(&self, name: &str) -> Option<Tensor<1>> {
        self.flat(self.parameters.iter().find(|parameter| parameter.name == name)?)
    }

    /// Replaces the gradient of the parameter `name`; returns whether the parameter exists.
    ///
    /// # Panics
    /// If `gradient` has not as many numbers as the parameter, as Burn's `reshape` does.
    pub fn set(&mut self, name: &str, gradient: Tensor<1>) -> bool {
        let parameters = Arc::clone(&self.parameters);
        let found = parameters.iter().find(|parameter| parameter.name == name);
        found.is_some_and(|parameter| self.register(parameter, gradient))
    }

    /// Replaces each gradient by the result of `change`, called with the parameter's name and the flat
    /// gradient.
    pub fn map(&mut self, mut change: impl FnMut(&str, Tensor<1>) -> Tensor<1>) {
        let parameters = Arc::clone(&self.parameters);
        for parameter in parameters.iter() {
            // Taken out of the map, because an unshared tensor can be changed in place.
            if let Some(gradient) = self.take(parameter) {
                self.register(parameter, change(&parameter.name, gradient));
            }
        }
    }

    /// Every gradient with its parameter's name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Tensor<1>)> {
        let flat = |parameter| self.flat(parameter);
        self.parameters.iter().filter_map(move |parameter| Some((&*parameter.name, flat(parameter)?)))
    }

    /// Multiplies all gradients by `factor`.
    pub fn scale(&mut self, factor: f64) {
        change_each!(self, gradient => scale(gradient, factor));
    }

    /// Clamps every number of all gradients to the range between `-limit` and `limit`; NaN stays NaN.
    ///
    /// # Panics
    /// If `limit` is negative or NaN.
    pub fn clamp(&mut self, limit: f64) {
        self.clip(Clip::Value { limit });
    }

    /// Clips all gradients, without waiting for the device.
    ///
    /// # Panics
    /// If the limit of [`Clip::Value`] is negative or NaN.
    pub fn clip(&mut self, clip: Clip) {
        let mut clipping = Clipping::new(clip);
        change_each!(self, gradient => clipping.add(gradient));
    }

    /// The Euclidean norm of all gradients taken as one vector, `[1]`, still on the device; `None` if there
    /// is no gradient.
    pub fn global_norm(&self) -> Option<Tensor<1>> {
        let norm = || {
            let mut norm = GlobalNorm::default();
            for Parameter { id, shape, .. } in self.parameters.iter() {
                with_rank!(shape.len(), D => self.params.get::<D>(*id).map(|gradient| norm.add(gradient)));
            }
            norm.get()
        };
        self.norm.get_or_init(norm).clone()
    }

    /// Returns the gradients in the form that Burn's optimizers take.
    pub fn into_params(self) -> GradientsParams {
        self.params
    }

    fn flat(&self, parameter: &Parameter) -> Option<Tensor<1>> {
        let numbers = parameter.shape.iter().product::<usize>();
        with_rank!(parameter.shape.len(), D => self.params.get::<D>(parameter.id).map(|g| g.reshape([numbers])))
    }

    fn take(&mut self, parameter: &Parameter) -> Option<Tensor<1>> {
        let numbers = parameter.shape.iter().product::<usize>();
        with_rank!(parameter.shape.len(), D => self.params.remove::<D>(parameter.id).map(|g| g.reshape([numbers])))
    }

    fn register(&mut self, parameter: &Parameter, gradient: Tensor<1>) -> bool {
        self.norm.take();
        let shape = parameter.shape.clone();
        let done = with_rank!(shape.len(), D => {
            self.params.register::<D>(parameter.id, gradient.reshape(Shape::from(shape)));
            Some(())
        });
        done.is_some()
    }
}

#[derive(Default)]
struct Names {
    path: Vec<String>,
    parameters: Vec<Parameter>,
}

impl Names {
    fn add(&mut self, id: ParamId, shape: Vec<usize>) {
        self.parameters.push(Parameter { name: self.path.join("."), id, shape });
    }
}

impl ModuleVisitor for Names {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.add(param.id, param.lazy_shape().to_vec());
    }

    fn visit_int<const D: usize>(&mut self, param: &Param<Tensor<D, Int>>) {
        self.add(param.id, param.lazy_shape().to_vec());
    }

    fn visit_bool<const D: usize>(&mut self, param: &Param<Tensor<D, Bool>>) {
        self.add(param.id, param.lazy_shape().to_vec());
    }
}
