//! Functions: signatures, variables, captured tensors, errors.

use super::{constant, near};
use wgflow::function::TensorSpec;
use wgflow::{
    DType, ErrorKind, IntoTensor, Result, Tensor, Variable, add, function, matmul, multiply, reduce_sum,
    square,
};
use wgflow_tests::device::device_under_test;

#[test]
fn one_trace_a_signature() -> Result<()> {
    device_under_test();
    let f = function(|x: &[Tensor]| multiply(&x[0], &x[1]));
    f.call((constant([1.0, 2.0])?, 2.0))?;
    f.call((constant([3.0, 4.0])?, 2.0))?;
    assert_eq!(f.traces(), 1);
    f.call((constant([3.0, 4.0])?, 3.0))?;
    assert_eq!(f.traces(), 2, "numbers are part of the signature by value");
    f.call((constant([3.0, 4.0, 5.0])?, 2.0))?;
    assert_eq!(f.traces(), 3, "shapes are part of the signature");
    near(&f.call(([1.0, 2.0], [3.0, 4.0]))?, &[3.0, 8.0]);
    near(&f.call(([5.0, 6.0], [7.0, 8.0]))?, &[35.0, 48.0]);
    assert_eq!(f.traces(), 4, "arrays share a trace");
    Ok(())
}

#[test]
fn an_input_signature_makes_one_trace_of_numbers() -> Result<()> {
    device_under_test();
    let f = function(|x: &[Tensor]| square(&x[0])).input_signature([TensorSpec::new((), DType::Float32)]);
    near(&f.call(2.0)?, &[4.0]);
    near(&f.call(3)?, &[9.0]);
    assert_eq!(f.traces(), 1);
    let e = f.call(constant([1.0, 2.0])?).expect_err("a vector");
    assert_eq!(e.kind(), ErrorKind::InvalidArgument);
    Ok(())
}

#[test]
fn variables_are_read_anew_and_updated_in_place() -> Result<()> {
    device_under_test();
    let v = Variable::new([1.0, 2.0])?;
    let held = v.clone();
    let f = function(move |x: &[Tensor]| {
        let before = held.value()?;
        held.assign(add(&held, &x[0])?)?;
        let between = held.value()?;
        held.assign_add(&between)?;
        Ok((before, between))
    });
    let (before, between) = f.call(constant([10.0, 10.0])?)?;
    near(&before, &[1.0, 2.0]);
    near(&between, &[11.0, 12.0]);
    near(&v.value()?, &[22.0, 24.0]);
    v.assign([0.0, 0.0])?;
    let (before, _) = f.call(constant([1.0, 1.0])?)?;
    near(&before, &[0.0, 0.0]);
    near(&v.value()?, &[2.0, 2.0]);
    Ok(())
}

#[test]
fn tensors_from_outside_keep_their_values() -> Result<()> {
    device_under_test();
    let w = constant(vec![2.0f32; 2000])?;
    let f = function(move |x: &[Tensor]| reduce_sum(&multiply(&w, &x[0])?, None, false));
    near(&f.call(constant(vec![1.0f32; 2000])?)?, &[4000.0]);
    near(&f.call(constant(vec![0.5f32; 2000])?)?, &[2000.0]);
    Ok(())
}

#[test]
fn functions_call_functions() -> Result<()> {
    device_under_test();
    let inner = function(|x: &[Tensor]| square(&x[0]));
    let outer = function(move |x: &[Tensor]| add(&inner.call(&x[0])?, inner.call(&x[1])?));
    near(&outer.call(([1.0, 2.0], [3.0, 4.0]))?, &[10.0, 20.0]);
    Ok(())
}

#[test]
fn values_of_symbols_cannot_be_read() -> Result<()> {
    device_under_test();
    let f = function(|x: &[Tensor]| {
        x[0].to_vec::<f32>()?;
        Ok(x[0].clone())
    });
    let e = f.call([1.0, 2.0]).expect_err("a read while tracing");
    assert!(e.to_string().contains("function"), "{e}");
    Ok(())
}

#[test]
fn errors_while_tracing_name_the_op_and_leave_no_trace() -> Result<()> {
    device_under_test();
    let f = function(|x: &[Tensor]| matmul(&x[0], &x[1]));
    let e = f.call((constant([[1.0, 2.0]])?, constant([[1.0, 2.0]])?)).expect_err("shapes that do not fit");
    assert_eq!(e.kind(), ErrorKind::InvalidArgument);
    assert!(e.to_string().contains("MatMul"), "{e}");
    assert_eq!(f.traces(), 0);
    near(&f.call((constant([[1.0, 2.0]])?, [[1.0], [2.0]].into_tensor(None)?))?, &[5.0]);
    Ok(())
}
