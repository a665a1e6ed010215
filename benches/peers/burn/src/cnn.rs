//! The convolutional network of 28 x 28 images, trained with Adam.

use crate::operands::{CNN, cnn_batch, cnn_weights};
use burn::module::{Module, Param};
use burn::nn::loss::{CrossEntropyLoss, CrossEntropyLossConfig};
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{
    Linear, LinearConfig,
    conv::{Conv2d, Conv2dConfig},
};
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Int, Tensor, TensorData, activation::relu};

#[derive(Module, Debug)]
struct Net {
    conv1: Conv2d,
    conv2: Conv2d,
    pool: MaxPool2d,
    dense1: Linear,
    dense2: Linear,
}

impl Net {
    fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        let x = self.pool.forward(relu(self.conv1.forward(x)));
        let x = self.pool.forward(relu(self.conv2.forward(x)));
        let x = relu(self.dense1.forward(x.flatten::<2>(1, 3)));
        self.dense2.forward(x)
    }
}

/// The network with the weights of the formula.
fn net(device: &Device) -> Net {
    let weights = cnn_weights();
    let of = |k: usize| TensorData::new(weights[k].clone(), CNN[k].to_vec());
    // Kernels of convolutions go from rows, columns, inputs, outputs to outputs, inputs, rows, columns.
    let kernel = |k: usize| Tensor::<4>::from_data(of(k), device).permute([3, 2, 0, 1]);
    let bias = |k: usize| Some(Param::from_tensor(fresh(Tensor::<1>::from_data(of(k), device), device)));
    // What is flattened has its channels first here, last there.
    let dense1 = Tensor::<2>::from_data(of(4), device).reshape([5, 5, 64, 128]).permute([2, 0, 1, 3]);
    let mut conv1 = Conv2dConfig::new([1, 32], [3, 3]).init(device);
    let mut conv2 = Conv2dConfig::new([32, 64], [3, 3]).init(device);
    let mut first = LinearConfig::new(1600, 128).init(device);
    let mut second = LinearConfig::new(128, 10).init(device);
    conv1.weight = Param::from_tensor(fresh(kernel(0), device));
    conv1.bias = bias(1);
    conv2.weight = Param::from_tensor(fresh(kernel(2), device));
    conv2.bias = bias(3);
    first.weight = Param::from_tensor(fresh(dense1.reshape([1600, 128]), device));
    first.bias = bias(5);
    second.weight = Param::from_tensor(fresh(Tensor::<2>::from_data(of(6), device), device));
    second.bias = bias(7);
    let pool = MaxPool2dConfig::new([2, 2]).with_strides([2, 2]).init();
    Net { conv1, conv2, pool, dense1: first, dense2: second }
}

fn fresh<const D: usize>(t: Tensor<D>, device: &Device) -> Tensor<D> {
    Tensor::from_data(t.into_data(), device)
}

struct Trainer {
    net: Option<Net>,
    adam: ModuleOptimizer,
    loss: CrossEntropyLoss,
    images: Tensor<4>,
    labels: Tensor<1, Int>,
}

/// One training step a call, which gives the loss.
pub(crate) fn work(samples: usize, device: &Device) -> Box<dyn FnMut() -> f64> {
    let device = device.clone().autodiff();
    let (images, labels) = cnn_batch(samples);
    let images = TensorData::new(images, [samples, 1, 28, 28]);
    let mut t = Trainer {
        net: Some(net(&device)),
        adam: AdamConfig::new().with_epsilon(1e-7).init(),
        loss: CrossEntropyLossConfig::new().init(&device),
        images: Tensor::from_data(images, &device),
        labels: Tensor::from_data(TensorData::new(labels, [samples]), &device),
    };
    Box::new(move || t.step())
}

impl Trainer {
    fn step(&mut self) -> f64 {
        let net = self.net.take().expect("a network between steps");
        let loss = self.loss.forward(net.forward(self.images.clone()), self.labels.clone());
        let grads = GradientsParams::from_grads(loss.backward(), &net);
        self.net = Some(self.adam.step(1e-3, net, grads));
        f64::from(loss.into_data_as::<f32>().try_to_vec::<f32>().expect("a float")[0])
    }
}
