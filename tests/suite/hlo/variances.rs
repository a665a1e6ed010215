//! Means and variances of long rows keep their digits, however they are divided.

use super::device::compare;
use wgflow::hlo::{Graph, Literal, ReduceKind, Spec};
use wgflow::{DType, Result};
use wgflow_tests::device::device_under_test;
use wgflow_tests::rng::Rng;

/// Mean and variance over `dims`, with the operations that `nn.moments` has.
fn moments(shape: &[usize], dims: &[usize]) -> Result<Graph> {
    let mut g = Graph::new();
    let x = g.parameter(Spec::new(DType::Float32, shape.to_vec()));
    let mean = g.mean(x, dims)?;
    let kept: Vec<usize> = (0..shape.len()).filter(|d| !dims.contains(d)).collect();
    let centre = g.broadcast_in_dim(mean, shape.to_vec(), &kept)?;
    let off = g.sub(x, centre)?;
    let square = g.mul(off, off)?;
    let sum = g.reduce(ReduceKind::Sum, square, dims)?;
    g.set_outputs(vec![mean, sum]);
    Ok(g)
}

#[test]
fn variances_of_long_rows() -> Result<()> {
    device_under_test();
    let mut rng = Rng::named("variances");
    let cases: [(&[usize], &[usize]); 6] = [
        (&[3, 70_001], &[1]),
        (&[70_001, 3], &[0]),
        (&[9, 61, 61, 5], &[0, 1, 2]),
        (&[9, 5, 61, 61], &[0, 2, 3]),
        (&[262_144], &[0]),
        (&[7, 33], &[1]),
    ];
    for (shape, dims) in cases {
        let g = moments(shape, dims)?;
        let n: usize = shape.iter().product();
        // Far from zero, where the mean of squares less the square of the mean would keep three digits.
        let x = Literal::floats(DType::Float32, shape.to_vec(), rng.uniforms(n, 99.0, 101.0));
        assert_eq!(compare(&format!("{shape:?} over {dims:?}"), &g, &[x], &|_| {}), None);
    }
    Ok(())
}
