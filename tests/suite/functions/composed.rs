//! Functions that are several ops, and operators: results as TensorFlow 2.21 gives them for the same calls.

use wgflow::ops::array::{self, Ellipsis, NewAxis, Splits};
use wgflow::ops::math;
use wgflow::{DType, ErrorKind, IntoTensor, Result, Tensor, Variable, s};
use wgflow_tests::device::device_under_test;

/// Checks dtype, shape and elements.
#[track_caller]
fn same(t: Result<Tensor>, dtype: DType, shape: &[usize], values: &[f64]) {
    let t = t.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((t.dtype(), &t.shape()[..]), (dtype, shape));
    let got = t.to_literal().unwrap_or_else(|e| panic!("{e}")).to_f64s();
    let near = |(g, w): (&f64, &f64)| (g.is_nan() && w.is_nan()) || (g - w).abs() <= 1e-6 * w.abs().max(1.0);
    assert!(got.len() == values.len() && got.iter().zip(values).all(near), "wanted {values:?}, got {got:?}");
}

fn tensor(v: impl IntoTensor) -> Tensor {
    v.into_tensor(None).unwrap_or_else(|e| panic!("{e}"))
}

const F: DType = DType::Float32;
const I: DType = DType::Int32;

#[test]
fn creation_and_places() {
    device_under_test();
    same(array::linspace([0.0, 10.0], [1.0, 20.0], 3, 1), F, &[2, 3], &[0.0, 0.5, 1.0, 10.0, 15.0, 20.0]);
    same(array::linspace(0, 10, 3, 0), DType::Float64, &[3], &[0.0, 5.0, 10.0]);
    same(array::range(5, 0, -2), I, &[3], &[5.0, 3.0, 1.0]);
    same(array::range(1, 2, 0.25), F, &[4], &[1.0, 1.25, 1.5, 1.75]);
    same(
        array::sequence_mask([1, 3], None, DType::Bool),
        DType::Bool,
        &[2, 3],
        &[1.0, 0.0, 0.0, 1.0, 1.0, 1.0],
    );
    same(array::diag([1.0, 2.0], 1), F, &[3, 3], &[0.0, 1.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0]);
    same(
        array::set_diag(array::zeros([2, 3], F), [7.0, 8.0], 0),
        F,
        &[2, 3],
        &[7.0, 0.0, 0.0, 0.0, 8.0, 0.0],
    );
    same(array::diag_part([[1.0, 2.0], [3.0, 4.0]], -1), F, &[1], &[3.0]);
    same(array::where_indices([[true, false], [false, true]]), DType::Int64, &[2, 2], &[0.0, 0.0, 1.0, 1.0]);
    same(array::roll(array::range(0, 6, 1), 2, 0), I, &[6], &[4.0, 5.0, 0.0, 1.0, 2.0, 3.0]);
    same(array::setdiff1d([1, 2, 3, 4], [2, 4], I).map(|r| r.0), I, &[2], &[1.0, 3.0]);
    let grids = array::meshgrid(&[tensor([1, 2]), tensor([3, 4, 5]), tensor([6, 7])], "xy").expect("grids");
    same(Ok(grids[0].clone()), I, &[3, 2, 2], &[1., 1., 2., 2., 1., 1., 2., 2., 1., 1., 2., 2.]);
    same(Ok(grids[1].clone()), I, &[3, 2, 2], &[3., 3., 3., 3., 4., 4., 4., 4., 5., 5., 5., 5.]);
    same(Ok(grids[2].clone()), I, &[3, 2, 2], &[6., 7., 6., 7., 6., 7., 6., 7., 6., 7., 6., 7.]);
}

#[test]
fn views_and_indices() {
    device_under_test();
    let x = array::reshape(array::range(0, 6, 1), [1, 2, 3]).expect("a tensor");
    same(array::transpose(&x, None), I, &[3, 2, 1], &[0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
    let x = array::reshape(array::range(0, 24, 1), [2, 3, -1]).expect("a tensor");
    same(x.slice(s![1, ..; -1, NewAxis, 1..-1]), I, &[3, 1, 2], &[21.0, 22.0, 17.0, 18.0, 13.0, 14.0]);
    same(
        x.slice(s![Ellipsis, 1..=-1; 2, ]),
        I,
        &[2, 3, 2],
        &[1., 3., 5., 7., 9., 11., 13., 15., 17., 19., 21., 23.],
    );
    same(x.slice(s![-1, -1]), I, &[4], &[20.0, 21.0, 22.0, 23.0]);
    same(
        array::searchsorted([[1, 3, 5], [2, 4, 6]], [[3, 9], [1, 4]], "left", I),
        I,
        &[2, 2],
        &[1.0, 3.0, 0.0, 1.0],
    );
    let parts = array::split(&x, Splits::Number(2), -1).expect("parts");
    assert_eq!((parts.len(), &parts[1].shape()[..]), (2, &[2, 3, 2][..]));
    let rows = array::unstack(&x, 1).expect("rows");
    same(Ok(rows[2].clone()), I, &[2, 4], &[8.0, 9.0, 10.0, 11.0, 20.0, 21.0, 22.0, 23.0]);
}

#[test]
fn reductions_and_counts() {
    device_under_test();
    same(
        math::count_nonzero([[0, 1, 2], [0, 0, 3]], 1, false, DType::Int64),
        DType::Int64,
        &[2],
        &[2.0, 1.0],
    );
    let rows = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
    same(math::unsorted_segment_mean(rows, [0, 2, 0], 3), F, &[3, 2], &[3.0, 4.0, 0.0, 0.0, 3.0, 4.0]);
    let wanted = [4.242640972137451, 5.656854152679443, 0.0, 0.0, 3.0, 4.0];
    same(math::unsorted_segment_sqrt_n(rows, [0, 2, 0], 3), F, &[3, 2], &wanted);
    same(math::lbeta([[1.0, 2.0, 3.0], [0.5, 0.5, 2.0]]), F, &[2], &[-4.094344615936279, 0.451582670211792]);
    same(math::reciprocal_no_nan([2.0, 0.0, -4.0]), F, &[3], &[0.5, 0.0, -0.25]);
    same(math::logical_xor([true, true, false], [true, false, false]), DType::Bool, &[3], &[0.0, 1.0, 0.0]);
    let weights = tensor([1.0, 2.0, 3.0, 4.0]);
    let counts = math::bincount([1, 2, 2, 5], Some(&weights), Some(8), None, F);
    same(counts, F, &[8], &[0.0, 1.0, 5.0, 0.0, 0.0, 4.0, 0.0, 0.0]);
    same(math::bincount([1, 2, 2, 5], None, None, Some(3), I), I, &[3], &[0.0, 1.0, 2.0]);
    let weights = tensor([0.5, 2.0, 3.0]);
    same(
        math::confusion_matrix([0, 1, 1], [1, 1, 0], None, Some(&weights), F),
        F,
        &[2, 2],
        &[0.0, 0.5, 3.0, 2.0],
    );
    let coeffs = [tensor(1.0), tensor([2.0, 3.0]), tensor(4.0)];
    same(math::polyval(&coeffs, [2.0, 3.0]), F, &[2], &[12.0, 22.0]);
    let x = tensor([[1.0, 2.0], [3.0, 4.0]]);
    same(math::accumulate_n(&[x.clone(), x.clone(), x]), F, &[2, 2], &[3.0, 6.0, 9.0, 12.0]);
}

#[test]
fn norms_are_clipped_together() {
    device_under_test();
    let (c, n) =
        math::clip_by_global_norm(&[tensor([3.0, 4.0]), tensor([[12.0]])], 6.5, None).expect("clipped");
    same(Ok(c[0].clone()), F, &[2], &[1.5, 2.0]);
    same(Ok(c[1].clone()), F, &[1, 1], &[6.0]);
    same(Ok(n), F, &[], &[13.0]);
    let (c, _) = math::clip_by_global_norm(&[tensor([3.0, f64::INFINITY])], 6.5, None).expect("clipped");
    same(Ok(c[0].clone()), F, &[2], &[f64::NAN, f64::NAN]);
}

#[test]
fn operators_are_pythons() {
    device_under_test();
    let x = tensor([7, -7]);
    same(Ok(&x % 3), I, &[2], &[1.0, 2.0]);
    same(math::floordiv(&x, 2), I, &[2], &[3.0, -4.0]);
    let small = math::cast(&x, DType::Int8).expect("int8");
    same(Ok(&small / math::cast(2, DType::Int8)), F, &[2], &[3.5, -3.5]);
    same(Ok(1.0 / tensor([1.0, 2.0, 4.0])), F, &[3], &[1.0, 0.5, 0.25]);
    same(Ok(2 - &x), I, &[2], &[-5.0, 9.0]);
    same(Ok(-(&x * &x) + x.clone()), I, &[2], &[-42.0, -56.0]);
    let v = Variable::new([1.0, 2.0]).expect("a variable");
    same(Ok(&v * 3.0 + 0.5 * &v), F, &[2], &[3.5, 7.0]);
    v.assign_add(&v * 2.0).expect("assigned");
    v.assign_sub([1.0, 1.0]).expect("assigned");
    same(v.value(), F, &[2], &[2.0, 5.0]);
    assert_eq!(v.assign_add([1.0, 2.0, 3.0]).map_err(|e| e.kind()), Err(ErrorKind::InvalidArgument));
}

#[test]
#[should_panic(expected = "incompatible shapes (2,) vs. (3,)")]
fn an_operator_that_cannot_work_says_why() {
    device_under_test();
    let _ = tensor([1.0, 2.0]) + [1.0, 2.0, 3.0];
}
