//! Attention over many keys, with rows of which nothing counts, and errors.

use super::close;
use wgflow::ops::{array, linalg, math, nn};
use wgflow::{DType, ErrorKind, GradientTape, IntoTensor, Result, Tensor, random};
use wgflow_tests::device::device_under_test;

fn noise<const N: usize>(shape: [usize; N], seed: i64) -> Result<Tensor> {
    random::stateless_uniform(shape, [seed, 7], -1.0, 1.0, DType::Float32)
}

/// The same by a matrix of scores.
fn by_matrix(x: &[Tensor], mask: Option<&Tensor>, causal: bool, scale: f64) -> Result<Tensor> {
    let scores = math::multiply(linalg::einsum("btnh,bsnh->bnts", &[&x[0], &x[1]])?, scale)?;
    let (queries, keys) = (x[0].shape()[1], x[1].shape()[1]);
    let low = array::fill(scores.shape(), -2.372_671e38)?;
    let mut kept = scores;
    if let Some(m) = mask {
        kept = array::where_(m, &kept, &low)?;
    }
    if causal {
        let places = |n: usize, shape: [usize; 2]| array::reshape(array::range(0, n as i32, 1)?, shape);
        let past = math::greater_equal(places(queries, [queries, 1])?, places(keys, [1, keys])?)?;
        kept = array::where_(past, &kept, &low)?;
    }
    linalg::einsum("bnts,bsnv->btnv", &[&nn::softmax(kept, -1)?, &x[2]])
}

#[track_caller]
fn alike(got: &Tensor, wanted: &Tensor, bound: f32) -> Result<()> {
    assert_eq!(got.shape(), wanted.shape());
    close(&got.to_vec::<f32>()?, &wanted.to_vec::<f32>()?, bound);
    Ok(())
}

fn check(queries: usize, keys: usize, causal: bool, masked: bool) -> Result<()> {
    device_under_test();
    let x = [noise([1, queries, 2, 12], 1)?, noise([1, keys, 2, 12], 2)?, noise([1, keys, 2, 10], 3)?];
    let mut mask = math::greater(noise([1, 1, queries, keys], 4)?, 0.3)?;
    // Every seventh query attends to nothing, and so do those before the first key that counts.
    let rows = array::reshape(array::range(0, queries as i32, 1)?, [queries, 1])?;
    mask = math::logical_and(mask, math::not_equal(math::floormod(rows, 7)?, 3)?)?;
    let mask = masked.then_some(mask);
    let dy = noise([1, queries, 2, 10], 5)?;
    let run = |f: &dyn Fn() -> Result<Tensor>| -> Result<(Tensor, Vec<Tensor>)> {
        let tape = GradientTape::persistent();
        x.iter().for_each(|x| tape.watch(x));
        let y = f()?;
        let dx = tape.gradient(&math::reduce_sum(math::multiply(&y, &dy)?, None, false)?, &x)?;
        Ok((y, dx.into_iter().flatten().collect()))
    };
    let scale = 2.5;
    let (y, dx) =
        run(&|| nn::dot_product_attention(&x[0], &x[1], &x[2], mask.as_ref(), Some(scale), causal))?;
    let (wanted, wanted_dx) = run(&|| by_matrix(&x, mask.as_ref(), causal, scale))?;
    alike(&y, &wanted, 2e-6)?;
    assert_eq!((dx.len(), wanted_dx.len()), (3, 3));
    dx.iter().zip(&wanted_dx).try_for_each(|(d, w)| alike(d, w, 2e-5))
}

#[test]
fn thousands_of_keys() -> Result<()> {
    check(70, 2048, false, false)?;
    check(33, 2051, false, true)
}

#[test]
fn causal_over_hundreds_of_keys() -> Result<()> {
    check(300, 300, true, false)?;
    check(301, 301, true, true)?;
    check(40, 130, true, false)
}

/// Scores far apart, at which exponentials that are not kept below the maximum would overflow.
#[test]
fn large_scores_stay_finite() -> Result<()> {
    device_under_test();
    let x = math::multiply(noise([1, 64, 1, 4], 1)?, 60.0)?;
    let y = nn::dot_product_attention(&x, &x, &x, None, Some(1.0), false)?;
    let wanted = by_matrix(&[x.clone(), x.clone(), x], None, false, 1.0)?;
    assert!(y.to_vec::<f32>()?.iter().all(|v| v.is_finite()));
    alike(&y, &wanted, 1e-4)
}

/// More features than an invocation keeps, and columns that several share.
#[test]
fn wide_heads() -> Result<()> {
    device_under_test();
    for (features, columns) in [(130, 8), (128, 130), (3, 65)] {
        let x =
            [noise([2, 5, 1, features], 1)?, noise([2, 9, 1, features], 2)?, noise([2, 9, 1, columns], 3)?];
        let y = nn::dot_product_attention(&x[0], &x[1], &x[2], None, Some(0.3), false)?;
        alike(&y, &by_matrix(&x, None, false, 0.3)?, 1e-5)?;
    }
    Ok(())
}

#[test]
fn masks_that_do_not_fit_are_refused() -> Result<()> {
    device_under_test();
    let x = noise([1, 3, 2, 4], 1)?;
    let attend = |m: Tensor| nn::dot_product_attention(&x, &x, &x, Some(&m), None, false);
    let long = math::greater(noise([1, 1, 3, 5], 1)?, 0.0)?;
    for m in [long, noise([3, 3], 1)?, [[[[[true]]]]].into_tensor(None)?] {
        let e = attend(m).map(|_| ()).expect_err("a mask that does not fit");
        assert_eq!(e.kind(), ErrorKind::InvalidArgument);
        assert!(e.to_string().contains("mask"), "{e}");
    }
    Ok(())
}
