//! ONNX: the network as a graph for ONNX Runtime and other programs, with any batch size.

mod proto;

use prost::Message;

use self::proto::{
    Attribute, Dimension, Entry, Graph, Model, Node, OperatorSet, Shape, Tensor, TensorType, Type, ValueInfo,
};
use crate::{Parameter, StateDict};

/// Versions of the format and of the operator set: those of ONNX 1.12, which every runtime since 2022 reads.
/// The operators below have not changed since.
const FORMAT_VERSION: i64 = 8;
const OPERATOR_SET: i64 = 17;

pub(super) fn to_bytes(state: &StateDict) -> Vec<u8> {
    let entries = state.metadata().entries().into_iter();
    let model = Model {
        ir_version: FORMAT_VERSION,
        producer_name: env!("CARGO_PKG_NAME").to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        graph: Some(graph(state)),
        opset_import: vec![OperatorSet { domain: String::new(), version: OPERATOR_SET }],
        metadata_props: entries.map(|(key, value)| Entry { key: key.to_owned(), value }).collect(),
    };
    model.encode_to_vec()
}

/// The tensors have the names of the tutorial's picture and of [`Activations`](crate::Activations), the
/// inputs of a ReLU those of the layer. A node has the name of its output.
fn graph(state: &StateDict) -> Graph {
    let node = vec![
        layer("Conv", "conv1", "images", vec![]),
        node("Relu", "conv1", "c1", vec![]),
        node("MaxPool", "c1", "s2", vec![ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])]),
        layer("Conv", "conv2", "s2", vec![]),
        node("Relu", "conv2", "c3", vec![]),
        node("MaxPool", "c3", "s4", vec![ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])]),
        node("Flatten", "s4", "flat", vec![]),
        layer("Gemm", "fc1", "flat", vec![int("transB", 1)]),
        node("Relu", "fc1", "f5", vec![]),
        layer("Gemm", "fc2", "f5", vec![int("transB", 1)]),
        node("Relu", "fc2", "f6", vec![]),
        Node { output: vec!["logits".to_owned()], ..layer("Gemm", "fc3", "f6", vec![int("transB", 1)]) },
    ];
    Graph {
        node,
        name: "LeNet".to_owned(),
        initializer: state.parameters().iter().map(initializer).collect(),
        input: vec![batch_of("images", &[1, 32, 32])],
        output: vec![batch_of("logits", &[state.classes() as i64])],
    }
}

fn node(operator: &str, input: &str, output: &str, attribute: Vec<Attribute>) -> Node {
    Node {
        input: vec![input.to_owned()],
        output: vec![output.to_owned()],
        name: output.to_owned(),
        op_type: operator.to_owned(),
        attribute,
    }
}

/// A node with the weight and the bias of the layer `name`.
fn layer(operator: &str, name: &str, input: &str, attribute: Vec<Attribute>) -> Node {
    let input = vec![input.to_owned(), format!("{name}.weight"), format!("{name}.bias")];
    Node { input, ..node(operator, "", name, attribute) }
}

fn int(name: &str, value: i64) -> Attribute {
    Attribute { name: name.to_owned(), i: value, ints: vec![], r#type: proto::INT }
}

fn ints(name: &str, values: &[i64]) -> Attribute {
    Attribute { name: name.to_owned(), i: 0, ints: values.to_vec(), r#type: proto::INTS }
}

fn initializer(parameter: &Parameter) -> Tensor {
    Tensor {
        dims: parameter.shape.iter().map(|&size| size as i64).collect(),
        data_type: proto::FLOAT,
        name: parameter.name.clone(),
        raw_data: parameter.values.iter().flat_map(|value| value.to_le_bytes()).collect(),
    }
}

/// An f32 tensor of shape `[batch, sizes…]` with any batch size.
fn batch_of(name: &str, sizes: &[i64]) -> ValueInfo {
    let batch = Dimension { dim_value: None, dim_param: Some("batch".to_owned()) };
    let sizes = sizes.iter().map(|&size| Dimension { dim_value: Some(size), dim_param: None });
    let shape = Shape { dim: std::iter::once(batch).chain(sizes).collect() };
    let tensor = TensorType { elem_type: proto::FLOAT, shape: Some(shape) };
    ValueInfo { name: name.to_owned(), r#type: Some(Type { tensor_type: Some(tensor) }) }
}
