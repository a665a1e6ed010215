//! Normalisations, losses and steps of models: how many launches they are on any kind of device.

use super::plans::{at_most, at_most_each, noise};
use wgflow::function::FunctionArg;
use wgflow::keras::{Sequential, layers::*, optimizers, optimizers::Optimizer};
use wgflow::{DType, GradientTape, Result, Tensor, function, layers, nn, random, reduce_mean, reduce_sum};
use wgflow_tests::device::device_under_test;
use wgflow_tests::models;

type Host = fn(&[Tensor]) -> Result<Tensor>;

/// Fails where `f` is more than `forward` launches, or the derivative in its first `wrt` arguments more than `backward`.
fn both(what: &str, f: Host, args: &[Tensor], wrt: usize, forward: usize, backward: usize) -> Result<()> {
    let given: Vec<FunctionArg> = args.iter().cloned().map(FunctionArg::Tensor).collect();
    let way = function(move |x: &[Tensor]| f(x));
    at_most(forward, what, &*way.get_concrete_function(given.clone())?)?;
    let dy = noise(f(args)?.shape())?;
    let back = function(move |x: &[Tensor]| {
        let (dy, x) = x.split_last().expect("an adjoint");
        let tape = GradientTape::persistent();
        x[..wrt].iter().for_each(|t| tape.watch(t));
        let weighted = reduce_sum(f(x)? * dy, None, false)?;
        let slopes = x[..wrt].iter().map(|t| tape.gradient(&weighted, t)).collect::<Result<Vec<_>>>()?;
        Ok(slopes.into_iter().flatten().collect::<Vec<Tensor>>())
    });
    let mut all = given;
    all.push(FunctionArg::Tensor(dy));
    at_most(backward, &format!("{what}, backward"), &*back.get_concrete_function(all)?)
}

#[test]
fn rows_are_normalised_in_one_launch() -> Result<()> {
    device_under_test();
    for s in [[64, 10], [64, 1000], [4096, 1024], [3, 20000], [1, 7]] {
        let x = noise(&s)?;
        both(&format!("softmax of {s:?}"), |x| nn::softmax(&x[0], -1), std::slice::from_ref(&x), 1, 1, 1)?;
        let layer_norm: Host =
            |x| nn::layer_normalization(&x[0], Some(&x[1]), Some(&x[2]), vec![1usize], 1e-3);
        let args = [x, noise(&s[1..])?, noise(&s[1..])?];
        both(&format!("layer norm of {s:?}"), layer_norm, &args, 3, 1, 2)?;
    }
    Ok(())
}

#[test]
fn statistics_of_batches_take_two_launches() -> Result<()> {
    device_under_test();
    for s in [[64, 26, 26, 32], [29, 13, 13, 64], [8, 6, 6, 16]] {
        let x = noise(&s)?;
        let moments = function(|x: &[Tensor]| nn::moments(&x[0], vec![0usize, 1, 2], false));
        at_most(2, &format!("moments of {s:?}"), &*moments.get_concrete_function((&x,))?)?;
        // Two of the statistics and one of the result; back, two more of sums, and the result.
        let normalised: Host = |x| {
            let format = nn::DataFormat::Nhwc;
            Ok(nn::fused_batch_norm(&x[0], &x[1], &x[2], None, None, 1e-3, format, true, 1.0)?.y)
        };
        let args = [x, noise(&s[3..])?, noise(&s[3..])?];
        both(&format!("batch norm of {s:?}"), normalised, &args, 3, 3, 6)?;
    }
    Ok(())
}

#[test]
fn cross_entropies_take_two_launches() -> Result<()> {
    device_under_test();
    let logits = noise(&[64, 10])?;
    let labels = random::stateless_uniform([64], [3, 4], 0, 10, DType::Int32)?;
    let sparse: Host =
        |x| reduce_mean(nn::sparse_softmax_cross_entropy_with_logits(&x[1], &x[0])?, None, false);
    both("sparse cross entropy", sparse, &[logits.clone(), labels], 1, 2, 1)?;
    let dense: Host = |x| reduce_mean(nn::softmax_cross_entropy_with_logits(&x[1], &x[0], -1)?, None, false);
    both("cross entropy", dense, &[logits.clone(), logits], 1, 2, 1)
}

/// Fails where a prediction or an Adam step of a model is more launches.
fn model(what: &str, m: Sequential, x: &Tensor, predict: usize, step: [usize; 2]) -> Result<()> {
    let y = random::stateless_uniform([x.shape()[0]], [3, 4], 0, 10, DType::Int32)?;
    m.call(x, false)?;
    let m = std::rc::Rc::new(m);
    let n = m.clone();
    let way = function(move |x: &[Tensor]| n.call(&x[0], false));
    at_most(predict, &format!("{what}, prediction"), &*way.get_concrete_function((x,))?)?;
    let adam = optimizers::Adam::new();
    let train = function(move |x: &[Tensor]| {
        let tape = GradientTape::persistent();
        let out = m.call(&x[0], true)?;
        let loss = reduce_mean(nn::sparse_softmax_cross_entropy_with_logits(&x[1], &out)?, None, false)?;
        let slope = |v| Ok((tape.gradient(&loss, &v)?, v));
        adam.apply_gradients(&m.trainable_variables().into_iter().map(slope).collect::<Result<Vec<_>>>()?)?;
        Ok(loss)
    });
    at_most_each(step, &format!("{what}, Adam step"), &*train.get_concrete_function((x, &y))?)
}

#[test]
fn steps_of_models_are_few_launches() -> Result<()> {
    device_under_test();
    let cnn = Sequential::new(layers![
        Conv2D::new(32, 3).activation("relu"),
        MaxPooling2D::new(),
        Conv2D::new(64, 3).activation("relu"),
        MaxPooling2D::new(),
        Flatten::new(),
        Dense::new(128).activation("relu"),
        Dense::new(10)
    ])?;
    model("cnn", cnn, &noise(&[64, 28, 28, 1])?, 6, [24, 24])?;
    let lstm = Sequential::new(layers![LSTM::new(32), Dense::new(10)])?;
    model("lstm", lstm, &noise(&[32, 20, 8])?, 44, [120, 240])
}

#[test]
fn an_inverted_residual_is_three_launches() -> Result<()> {
    device_under_test();
    let (m, x) = (models::model("mobilenet_v2")?, models::inputs("mobilenet_v2", 1)?);
    at_most(56, "MobileNetV2, prediction", &*m.make_predict_function(&[x])?)
}
