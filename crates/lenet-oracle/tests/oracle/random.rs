//! Random tensors, the same for a seed everywhere.

use lenet_oracle::{LeNet, PARAMETERS, Tensor};

/// SplitMix64.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in [-1, 1).
    pub fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.bits() % end as u64) as usize
    }

    pub fn vec(&mut self, len: usize) -> Vec<f32> {
        (0..len).map(|_| self.unit()).collect()
    }

    pub fn tensor(&mut self, shape: &[usize]) -> Tensor {
        Tensor::from_f32(shape, &self.vec(shape.iter().product()))
    }

    /// A network with weights of the size that PyTorch gives them.
    pub fn net(&mut self) -> LeNet {
        let fan_in = |name: &str| match &name[..5] {
            "conv1" => 25.0,
            "conv2" => 150.0,
            "fc1.w" | "fc1.b" => 400.0,
            "fc2.w" | "fc2.b" => 120.0,
            _ => 84.0_f64,
        };
        let parameters = PARAMETERS.map(|(name, shape)| {
            let mut tensor = self.tensor(shape);
            tensor.values.iter_mut().for_each(|value| *value /= fan_in(name).sqrt());
            (name, tensor)
        });
        LeNet::new(|name| parameters.iter().find(|(own, _)| *own == name).map(|(_, tensor)| tensor.clone()))
            .unwrap()
    }
}
