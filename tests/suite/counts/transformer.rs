//! Kernels and memory of attention.

use super::models::{least, software};
use wgflow::compiler::codegen::Family;
use wgflow::exec::{Executable, target_of, target_of_adapter};
use wgflow::function::Function;
use wgflow::keras::{self, AnyLayer, CallArgs, Layer, Model, layers::*};
use wgflow::ops::{math, nn};
use wgflow::runtime::Caps;
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

/// A function of the derivative of attention over `x`, and of a mask where there is a fourth.
fn derivative() -> Function<Vec<Tensor>> {
    function(|x: &[Tensor]| {
        let tape = GradientTape::persistent();
        x[..3].iter().for_each(|x| tape.watch(x));
        let y = nn::dot_product_attention(&x[0], &x[1], &x[2], x.get(3), None, false)?;
        let dx = tape.gradient(&math::reduce_sum(math::square(&y)?, None, false)?, &x[..3])?;
        Ok(dx.into_iter().flatten().collect::<Vec<Tensor>>())
    })
}

fn derivative_of(sizes: [usize; 4], caps: &Caps) -> Result<Executable> {
    let [b, t, n, h] = sizes;
    let mut x: Vec<Tensor> = (0..3).map(|i| noise([b, t, n, h], i)).collect::<Result<_>>()?;
    x.push(math::greater(noise([b, 1, 1, t], 4)?, 0.0)?);
    let concrete = derivative().get_concrete_function(&x)?;
    let inputs = concrete.graph().params().len();
    Executable::new(concrete.graph(), &target_of_adapter(caps), &vec![false; inputs])
}

fn labels(e: &Executable) -> Vec<&str> {
    e.plan().steps.iter().map(|s| s.kernel.label.as_str()).collect()
}

/// Its derivative: two kernels that compute scores again and store none, after attention itself and the adjoint of its result.
#[test]
fn the_derivative_computes_scores_again() -> Result<()> {
    device_under_test();
    for caps in [software(), least()] {
        let e = derivative_of([2, 64, 2, 16], &caps)?;
        let labels = labels(&e);
        let adjoints = labels.iter().filter(|l| l.starts_with("attention_")).count();
        assert_eq!((labels.len(), adjoints), (4, 2), "{}", labels.join("\n"));
        // The result, its adjoint, and three numbers of each row; scores would be 64 of them.
        assert!(e.plan().live_bytes <= 4 * 2 * 64 * 2 * (2 * 16 + 3), "{}", e.plan().live_bytes);
    }
    Ok(())
}

/// However long sequences are, a GPU keeps no scores. A software adapter does while there is memory for them, as that is faster there.
#[test]
fn long_sequences_keep_scores_only_where_that_is_faster() -> Result<()> {
    device_under_test();
    let products = |e: &Executable| labels(e).iter().filter(|l| l.starts_with("dot_general")).count();
    // Whoever runs tests may ask for the kernels of GPUs.
    let family = target_of_adapter(&software()).codegen.map(|c| c.family);
    let direct = family == Some(Family::Direct);
    for (queries, stored) in [(256, 0), (1024, 5), (4096, 0)] {
        assert_eq!(products(&derivative_of([1, queries, 1, 16], &least())?), 0);
        let wanted = if direct { stored } else { 0 };
        assert_eq!(products(&derivative_of([1, queries, 1, 16], &software())?), wanted);
    }
    Ok(())
}
