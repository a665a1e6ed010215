//! How often functions are traced, how many graphs they keep, and what a new size costs.

use super::constant;
use wgflow::function::{MAX_TRACES, TensorSpec};
use wgflow::ops::array;
use wgflow::{
    DType, ErrorKind, GradientTape, Result, Tensor, config, function, matmul, multiply, reduce_sum, square,
    tanh,
};
use wgflow_tests::device::device_under_test;

fn ones(n: usize) -> Result<Tensor> {
    array::ones([n, 3], DType::Float32)
}

#[test]
fn traces_are_bounded_and_the_oldest_goes() -> Result<()> {
    device_under_test();
    let f = function(|x: &[Tensor]| Ok(x[0].clone()));
    for n in 0..MAX_TRACES as i32 + 3 {
        f.call((n, constant([1.0])?))?;
        // The first stays in use.
        f.call((0, constant([1.0])?))?;
    }
    let stats = f.stats();
    assert_eq!((stats.kept, stats.dropped), (MAX_TRACES, 3));
    assert_eq!(stats.traces, MAX_TRACES as u64 + 3);
    f.call((0, constant([1.0])?))?;
    f.call((MAX_TRACES as i32, constant([1.0])?))?;
    assert_eq!(f.stats().traces, stats.traces, "both are kept");
    f.call((1, constant([1.0])?))?;
    assert_eq!(f.stats().traces, stats.traces + 1, "that made room and is traced anew");
    Ok(())
}

#[test]
fn frequent_traces_are_warned_of_once() -> Result<()> {
    device_under_test();
    let f = function(|x: &[Tensor]| square(&x[0]));
    for n in 1..5 {
        f.call(&ones(n)?)?;
    }
    assert_eq!(f.stats().warnings, 0);
    for n in 5..12 {
        f.call(&ones(n)?)?;
    }
    assert_eq!(f.stats().warnings, 1);
    // Seldom enough.
    let f = function(|x: &[Tensor]| square(&x[0]));
    for n in 1..12 {
        let x = ones(n)?;
        for _ in 0..4 {
            f.call(&x)?;
        }
    }
    assert_eq!(f.stats().warnings, 0);
    Ok(())
}

#[test]
fn sizes_that_are_said_to_differ_are_no_reason_to_warn() -> Result<()> {
    device_under_test();
    let relaxed = function(|x: &[Tensor]| square(&x[0])).reduce_retracing(true);
    let signed = function(|x: &[Tensor]| square(&x[0]))
        .input_signature([TensorSpec::new([None, Some(3)], DType::Float32)]);
    for n in 1..12 {
        assert_eq!(relaxed.call(&ones(n)?)?.shape()[..], [n, 3]);
        assert_eq!(signed.call(&ones(n)?)?.shape()[..], [n, 3]);
    }
    assert_eq!((relaxed.stats().warnings, signed.stats().warnings), (0, 0));
    // Values of numbers are something else.
    let relaxed = function(|x: &[Tensor]| multiply(&x[0], &x[1])).reduce_retracing(true);
    for n in 0..8 {
        relaxed.call((f64::from(n), constant([1.0])?))?;
    }
    assert_eq!(relaxed.stats().warnings, 1);
    Ok(())
}

#[test]
fn a_new_batch_size_makes_no_pipelines() -> Result<()> {
    device_under_test();
    let device = config::current_device()?;
    let w = wgflow::Variable::new(array::ones([3, 8], DType::Float32)?)?;
    let step = function(move |x: &[Tensor]| {
        let tape = GradientTape::new();
        let loss = reduce_sum(square(tanh(matmul(&x[0], &w)?)?)?, None, false)?;
        let d = tape.gradient(&loss, &w)?.ok_or_else(|| wgflow::Error::internal("test", "no gradient"))?;
        w.assign_sub(multiply(d, 0.1)?)?;
        Ok(loss)
    })
    .reduce_retracing(true);
    step.call(&ones(64)?)?.item::<f32>()?;
    let before = device.stats().pipelines_created;
    assert_eq!(before > 0, device.gpu().is_ok());
    for n in [68, 80, 100, 120] {
        step.call(&ones(n)?)?.item::<f32>()?;
    }
    assert_eq!(device.stats().pipelines_created, before);
    assert_eq!(step.traces(), 5);
    Ok(())
}

#[test]
fn concrete_functions_come_from_specs() -> Result<()> {
    device_under_test();
    let f = function(|x: &[Tensor]| square(&x[0]));
    let concrete = f.get_concrete_function(TensorSpec::new([2, 2], DType::Float32))?;
    let x = constant([[1.0, 2.0], [3.0, 4.0]])?;
    assert_eq!(concrete.call(&[&x])?[0].to_vec::<f32>()?, [1.0, 4.0, 9.0, 16.0]);
    f.call(&x)?;
    assert_eq!(f.traces(), 1, "a call with such a tensor is served by it");
    let e = f.get_concrete_function(TensorSpec::new([None, Some(2)], DType::Float32)).expect_err("no size");
    assert_eq!(e.kind(), ErrorKind::InvalidArgument);
    let e = concrete.call(&[&constant([1.0])?]).expect_err("another shape");
    assert_eq!(e.kind(), ErrorKind::InvalidArgument);
    Ok(())
}
