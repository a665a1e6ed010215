//! Contractions by their functions.

use super::{equal, ramp};
use wgflow::Result;
use wgflow::ops::linalg::{self, DotAxes, MatMul};
use wgflow_tests::device::device_under_test;

/// Values made by TensorFlow 2.21.
#[test]
fn functions_equal_tensorflow() -> Result<()> {
    device_under_test();
    equal(
        linalg::matmul(ramp([2, 2, 3])?, ramp([3, 2])?),
        &[2, 2, 2],
        &[19.0, 6.0, -30.0, 24.0, -24.0, 20.0, -18.0, 16.0],
    );
    equal(linalg::tensordot(ramp([2, 3])?, ramp([3, 2])?, 1), &[2, 2], &[19.0, 6.0, -30.0, 24.0]);
    equal(
        linalg::tensordot(ramp([2, 3, 4])?, ramp([4, 2, 3])?, [[2, 1], [0, 2]]),
        &[2, 2],
        &[-1.0, -51.0, -19.0, 1.0],
    );
    equal(linalg::tensordot(ramp([2])?, ramp([3])?, 0), &[2, 3], &[25.0, -10.0, 10.0, -10.0, 4.0, -4.0]);
    equal(linalg::outer(ramp([2])?, ramp([3])?), &[2, 3], &[25.0, -10.0, 10.0, -10.0, 4.0, -4.0]);
    equal(linalg::matvec(ramp([2, 2, 3])?, ramp([3])?, false), &[2, 2], &[33.0, -17.0, -12.0, -7.0]);
    equal(linalg::matvec(ramp([3, 2])?, ramp([3])?, true), &[2], &[19.0, 6.0]);
    let (a, b, c) = (ramp([2, 3])?, ramp([3, 2])?, ramp([2, 2])?);
    equal(linalg::einsum("ij,jk,kl->il", &[&a, &b, &c]), &[2, 2], &[-107.0, 68.0, 102.0, 60.0]);
    equal(linalg::einsum("i, ij, kj -> k", &[&ramp([2])?, &a, &a]), &[2], &[-199.0, 155.0]);
    Ok(())
}

#[test]
fn transposes_of_batches() -> Result<()> {
    device_under_test();
    let options = |transpose_a, transpose_b| MatMul { transpose_a, transpose_b };
    let plain = linalg::matmul(ramp([2, 3])?, ramp([3, 2])?)?.to_vec::<f32>()?;
    let turned = |shape: [usize; 2]| wgflow::ops::array::transpose(ramp(shape)?, [1, 0]);
    equal(linalg::matmul_with(turned([2, 3])?, ramp([3, 2])?, options(true, false)), &[2, 2], &plain);
    equal(linalg::matmul_with(ramp([2, 3])?, turned([3, 2])?, options(false, true)), &[2, 2], &plain);
    Ok(())
}

#[test]
fn axes_that_do_not_fit_are_errors() -> Result<()> {
    device_under_test();
    let (a, b) = (ramp([2, 3])?, ramp([3, 2])?);
    for axes in [
        DotAxes::Count(3),
        DotAxes::Lists(vec![0], vec![]),
        DotAxes::Lists(vec![2], vec![0]),
        DotAxes::Lists(vec![0, 0], vec![0, 1]),
        DotAxes::Lists(vec![0], vec![0]),
    ] {
        let e = linalg::tensordot(&a, &b, axes.clone()).expect_err("an error");
        assert_eq!((e.kind(), e.op()), (wgflow::ErrorKind::InvalidArgument, "tensordot"), "{axes:?}");
    }
    Ok(())
}
