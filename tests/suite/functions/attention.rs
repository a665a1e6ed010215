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

/// Which scores are left out.
#[derive(Clone, Copy, PartialEq)]
enum Mask {
    None,
    /// Keys, for all queries alike.
    Keys,
    /// Every seventh query attends to nothing, and so do those before the first key that counts.
    Each,
}

fn check(queries: usize, keys: usize, causal: bool, mask: Mask) -> Result<()> {
    device_under_test();
    let x = [noise([1, queries, 2, 12], 1)?, noise([1, keys, 2, 12], 2)?, noise([1, keys, 2, 10], 3)?];
    let each = math::greater(noise([1, 1, queries, keys], 4)?, 0.3)?;
    let rows = array::reshape(array::range(0, queries as i32, 1)?, [queries, 1])?;
    let each = math::logical_and(each, math::not_equal(math::floormod(rows, 7)?, 3)?)?;
    let mask = match mask {
        Mask::None => None,
        Mask::Keys => Some(math::greater(noise([1, 1, 1, keys], 6)?, 0.3)?),
        Mask::Each => Some(each),
    };
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
    // Sums over thousands of queries, of either sign, are as good as their number lets them be.
    let bound = 2e-5 * (queries as f32 / 512.0).max(1.0).sqrt();
    dx.iter().zip(&wanted_dx).try_for_each(|(d, w)| alike(d, w, bound))
}

#[test]
fn thousands_of_keys() -> Result<()> {
    check(70, 2048, false, Mask::None)?;
    check(70, 2050, false, Mask::Keys)?;
    check(33, 2051, false, Mask::Each)
}

#[test]
fn thousands_of_queries() -> Result<()> {
    check(2048, 70, false, Mask::None)?;
    check(2050, 33, true, Mask::None)?;
    check(2051, 34, true, Mask::Each)?;
    check(2049, 35, false, Mask::Keys)
}

/// More than drivers count to in loops over features inside of loops over keys or queries.
#[test]
fn tens_of_thousands() -> Result<()> {
    check(3, 30_000, false, Mask::Keys)?;
    check(30_000, 3, false, Mask::None)
}

/// The derivative of a derivative, of which an expression in other ops has the same.
#[test]
fn second_derivatives() -> Result<()> {
    device_under_test();
    for (causal, masked) in [(false, false), (true, false), (false, true), (true, true)] {
        let x = [noise([2, 9, 2, 6], 1)?, noise([2, 11, 2, 6], 2)?, noise([2, 11, 2, 5], 3)?];
        let mask = math::greater(noise([2, 1, 9, 11], 4)?, -0.5)?;
        let mask = masked.then_some(mask);
        let run = |f: &dyn Fn() -> Result<Tensor>| -> Result<Vec<Tensor>> {
            let outer = GradientTape::persistent();
            x.iter().for_each(|x| outer.watch(x));
            let inner = GradientTape::persistent();
            x.iter().for_each(|x| inner.watch(x));
            let y = math::reduce_sum(math::square(f()?)?, None, false)?;
            let dx: Vec<Tensor> = inner.gradient(&y, &x)?.into_iter().flatten().collect();
            let mut sum = math::reduce_sum(math::square(&dx[0])?, None, false)?;
            for (d, by) in dx[1..].iter().zip([0.7f32, -0.4]) {
                let part = math::reduce_sum(math::square(d)?, None, false)?;
                sum = math::add(sum, math::multiply(part, by)?)?;
            }
            Ok(outer.gradient(&sum, &x)?.into_iter().flatten().collect())
        };
        let got = run(&|| nn::dot_product_attention(&x[0], &x[1], &x[2], mask.as_ref(), Some(0.8), causal))?;
        let wanted = run(&|| by_matrix(&x, mask.as_ref(), causal, 0.8))?;
        assert_eq!((got.len(), wanted.len()), (3, 3));
        got.iter().zip(&wanted).try_for_each(|(d, w)| alike(d, w, 2e-5))?;
    }
    Ok(())
}

/// Of half floats, sums are made in float32: results differ by their own rounding alone.
#[test]
fn derivatives_of_halves() -> Result<()> {
    device_under_test();
    let half = |x: Tensor| math::cast(x, DType::Float16);
    let x = [
        half(noise([1, 40, 2, 12], 1)?)?,
        half(noise([1, 70, 2, 12], 2)?)?,
        half(noise([1, 70, 2, 10], 3)?)?,
    ];
    let dy = half(noise([1, 40, 2, 10], 5)?)?;
    let run = |x: &[Tensor], dy: &Tensor| -> Result<Vec<Tensor>> {
        let tape = GradientTape::persistent();
        x.iter().for_each(|x| tape.watch(x));
        let y = nn::dot_product_attention(&x[0], &x[1], &x[2], None, None, true)?;
        let sum = math::reduce_sum(math::cast(math::multiply(&y, dy)?, DType::Float32)?, None, false)?;
        Ok(tape.gradient(&sum, x)?.into_iter().flatten().collect())
    };
    let wide = |x: &Tensor| math::cast(x, DType::Float32);
    let got = run(&x, &dy)?;
    let wanted = run(&[wide(&x[0])?, wide(&x[1])?, wide(&x[2])?], &wide(&dy)?)?;
    assert_eq!((got.len(), wanted.len()), (3, 3));
    got.iter().zip(&wanted).try_for_each(|(d, w)| {
        assert_eq!(d.dtype(), DType::Float16);
        alike(&wide(d)?, w, 1e-3)
    })
}

#[test]
fn causal_over_hundreds_of_keys() -> Result<()> {
    check(300, 300, true, Mask::None)?;
    check(301, 301, true, Mask::Each)?;
    check(40, 130, true, Mask::None)
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
