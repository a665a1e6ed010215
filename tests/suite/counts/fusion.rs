//! Normalisations and losses: how many kernels they are forward and backward.

use super::plans::{kernels, noise, targets};
use wgflow::function::FunctionArg;
use wgflow::keras::{Sequential, layers::*, optimizers};
use wgflow::{DType, GradientTape, Result, Tensor, function, nn, random};
use wgflow::{layers, reduce_mean};
use wgflow_tests::device::device_under_test;

fn show(what: &str, g: &wgflow::hlo::Graph) -> Result<()> {
    for (name, target) in targets() {
        let k = kernels(g, &target)?;
        println!("== {what} on {name}: {}", k.len());
        for l in k {
            let l: String = l.chars().rev().take(150).collect::<Vec<_>>().into_iter().rev().collect();
            println!("     {l}");
        }
    }
    Ok(())
}

type F = fn(&[Tensor]) -> Result<Tensor>;

fn both(what: &str, f: F, args: &[Tensor], wrt: usize) -> Result<()> {
    let a = || args.iter().cloned().map(FunctionArg::Tensor).collect::<Vec<_>>();
    let fw = function(move |x: &[Tensor]| f(x));
    show(&format!("{what} forward"), fw.get_concrete_function(a())?.graph())?;
    let y = f(args)?;
    let dy = noise(y.shape())?;
    let mut b = a();
    b.push(FunctionArg::Tensor(dy));
    let bw = function(move |x: &[Tensor]| {
        let n = x.len() - 1;
        let tape = GradientTape::persistent();
        x[..wrt].iter().for_each(|t| tape.watch(t));
        let y = f(&x[..n])?;
        let s = wgflow::reduce_sum(&(&y * &x[n]), None, false)?;
        let mut out = vec![];
        for t in &x[..wrt] {
            if let Some(d) = tape.gradient(&s, t)? {
                out.push(d);
            }
        }
        Ok(out)
    });
    show(&format!("{what} backward"), bw.get_concrete_function(b)?.graph())
}

#[test]
fn exploration() -> Result<()> {
    device_under_test();
    for s in [[64usize, 1000], [4096, 1024], [3, 20000]] {
        both(&format!("softmax {s:?}"), |x| nn::softmax(&x[0], -1), &[noise(&s)?], 1)?;
        both(
            &format!("layer norm {s:?}"),
            |x| nn::layer_normalization(&x[0], Some(&x[1]), Some(&x[2]), vec![1usize], 1e-3),
            &[noise(&s)?, noise(&[s[1]])?, noise(&[s[1]])?],
            3,
        )?;
    }
    for s in [[64usize, 26, 26, 32], [8, 6, 6, 16]] {
        both(
            &format!("batch norm {s:?}"),
            |x| {
                Ok(nn::fused_batch_norm(
                    &x[0],
                    &x[1],
                    &x[2],
                    None,
                    None,
                    1e-3,
                    nn::DataFormat::Nhwc,
                    true,
                    1.0,
                )?
                .y)
            },
            &[noise(&s)?, noise(&[s[3]])?, noise(&[s[3]])?],
            3,
        )?;
    }
    let y = random::stateless_uniform([64], [3, 4], 0, 10, DType::Int32)?;
    both(
        "sparse ce",
        |x| reduce_mean(&nn::sparse_softmax_cross_entropy_with_logits(&x[1], &x[0])?, None, false),
        &[noise(&[64, 10])?, y],
        1,
    )?;
    both(
        "ce",
        |x| reduce_mean(&nn::softmax_cross_entropy_with_logits(&x[1], &x[0], -1)?, None, false),
        &[noise(&[64, 10])?, noise(&[64, 10])?],
        1,
    )?;
    Ok(())
}

#[test]
fn models() -> Result<()> {
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
    step("cnn", cnn, noise(&[64, 28, 28, 1])?)?;
    let bn = Sequential::new(layers![
        Conv2D::new(16, 3).use_bias(false),
        BatchNormalization::new(),
        Activation::new("relu"),
        DepthwiseConv2D::new(3).use_bias(false),
        BatchNormalization::new(),
        Activation::new("relu"),
        GlobalAveragePooling2D::new(),
        Dense::new(10)
    ])?;
    step("bn", bn, noise(&[8, 24, 24, 3])?)
}

fn step(what: &str, model: Sequential, x: Tensor) -> Result<()> {
    let y = random::stateless_uniform([x.shape()[0]], [3, 4], 0, 10, DType::Int32)?;
    let model = std::rc::Rc::new(model);
    model.call(&x, false)?;
    let m = model.clone();
    let f = function(move |x: &[Tensor]| m.call(&x[0], false));
    show(&format!("{what} predict"), f.get_concrete_function((&x,))?.graph())?;
    let opt = optimizers::Adam::new();
    let f = function(move |x: &[Tensor]| {
        let tape = GradientTape::persistent();
        let out = model.call(&x[0], true)?;
        let loss = reduce_mean(&nn::sparse_softmax_cross_entropy_with_logits(&x[1], &out)?, None, false)?;
        let mut pairs = vec![];
        for v in model.trainable_variables() {
            pairs.push((tape.gradient(&loss, &v)?, v));
        }
        use wgflow::keras::optimizers::Optimizer;
        opt.apply_gradients(&pairs)?;
        Ok(loss)
    });
    show(&format!("{what} step"), f.get_concrete_function((&x, &y))?.graph())
}
