//! Kernels and memory of attention.

use wgflow::exec::{Executable, target_of};
use wgflow::function::Function;
use wgflow::keras::{self, AnyLayer, CallArgs, Layer, Model, layers::*};
use wgflow::ops::{math, nn};
use wgflow::{DType, GradientTape, Result, Tensor, config, function, random};
use wgflow_tests::device::device_under_test;

fn noise<const N: usize>(shape: [usize; N], seed: i64) -> Result<Tensor> {
    random::stateless_uniform(shape, [seed, 2], -1.0, 1.0, DType::Float32)
}

/// The plan of a function of tensors.
fn executable<R: wgflow::function::FunctionResult>(f: &Function<R>, args: &[Tensor]) -> Result<Executable> {
    let concrete = f.get_concrete_function(args)?;
    let n = concrete.graph().params().len();
    Executable::new(concrete.graph(), &target_of(&config::current_device()?), &vec![false; n])
}

/// A block of a transformer, normalised before each part.
fn block(width: usize, heads: usize) -> Result<AnyLayer> {
    let i = keras::input([64, width]);
    let h = LayerNormalization::new().apply(&i)?;
    let h = MultiHeadAttention::new(heads, width / heads).apply([&h, &h])?;
    let x = Add::new().apply([&i, &h])?;
    let h = LayerNormalization::new().apply(&x)?;
    let h = Dense::new(4 * width).activation("gelu").apply(&h)?;
    let y = Add::new().apply([&x, &Dense::new(width).apply(&h)?])?;
    Ok(Model::functional(&i, &y)?.as_layer().clone())
}

/// Layer norm, queries, keys, values, attention, projection with the residual, layer norm, two dense layers.
#[test]
fn a_block_is_nine_kernels() -> Result<()> {
    device_under_test();
    let layer = block(64, 4)?;
    let f = function(move |x: &[Tensor]| layer.call(&x[0], false));
    let e = executable(&f, &[noise([4, 64, 64], 1)?])?;
    let labels: Vec<&str> = e.plan().steps.iter().map(|s| s.kernel.label.as_str()).collect();
    assert!(labels.len() <= 9, "{} kernels:\n{}", labels.len(), labels.join("\n"));
    Ok(())
}

/// Attention is one kernel, whatever masks it has, and neither it nor its derivative's residuals hold a matrix of scores.
#[test]
fn attention_is_one_kernel_without_a_matrix_of_scores() -> Result<()> {
    device_under_test();
    let (queries, keys) = (256, 512);
    let x: Vec<Tensor> =
        vec![noise([1, queries, 2, 16], 1)?, noise([1, keys, 2, 16], 2)?, noise([1, keys, 2, 16], 3)?];
    let mask = math::greater(noise([1, 1, keys], 4)?, 0.0)?;
    let f = function(move |x: &[Tensor]| {
        let mask = (x.len() > 3).then(|| x[3].clone());
        nn::dot_product_attention(&x[0], &x[1], &x[2], mask.as_ref(), None, true)
    });
    let plain = executable(&f, &x)?;
    let masked = executable(&f, &x.iter().cloned().chain([mask]).collect::<Vec<_>>())?;
    for e in [&plain, &masked] {
        assert_eq!(e.plan().steps.len(), 1, "{:?}", e.plan().steps);
        assert_eq!(e.plan().live_bytes, 0);
    }
    Ok(())
}

/// The layer takes the one kernel unless it drops out or gives scores.
#[test]
fn layers_of_many_heads_use_it() -> Result<()> {
    device_under_test();
    let count = |layer: MultiHeadAttention, args: CallArgs| -> Result<usize> {
        let layer = layer.node();
        let x = noise([2, 32, 16], 1)?;
        layer.call_many(&[x.clone(), x.clone()], false)?;
        let f = function(move |x: &[Tensor]| {
            Ok(layer.call_with(&[x[0].clone(), x[0].clone()], &args, true)?.remove(0))
        });
        let e = executable(&f, &[x])?;
        Ok(e.plan().steps.iter().filter(|s| s.kernel.label.starts_with("attention")).count())
    };
    let plain = || MultiHeadAttention::new(2, 8);
    assert_eq!(count(plain(), CallArgs::new())?, 1);
    assert_eq!(count(plain(), CallArgs::new().set("use_causal_mask", true))?, 1);
    assert_eq!(count(plain().dropout(0.5), CallArgs::new())?, 0);
    assert_eq!(count(plain(), CallArgs::new().set("return_attention_scores", true))?, 0);
    Ok(())
}

/// Its derivative: the scores twice, three products of them, the sums of rows, and here the results in their order of dimensions.
#[test]
fn the_derivative_computes_scores_again() -> Result<()> {
    device_under_test();
    let x: Vec<Tensor> = (0..3).map(|i| noise([2, 64, 2, 16], i)).collect::<Result<_>>()?;
    let f = function(|x: &[Tensor]| {
        let tape = GradientTape::persistent();
        x.iter().for_each(|x| tape.watch(x));
        let y = nn::dot_product_attention(&x[0], &x[1], &x[2], None, None, false)?;
        let dx = tape.gradient(&math::reduce_sum(math::square(&y)?, None, false)?, x)?;
        Ok(dx.into_iter().flatten().collect::<Vec<Tensor>>())
    });
    let e = executable(&f, &x)?;
    let labels: Vec<&str> = e.plan().steps.iter().map(|s| s.kernel.label.as_str()).collect();
    let products = labels.iter().filter(|l| l.starts_with("dot_general")).count();
    assert_eq!(products, 5, "{}", labels.join("\n"));
    assert!(labels.len() <= 10, "{} kernels:\n{}", labels.len(), labels.join("\n"));
    Ok(())
}
