//! Sizes beyond what one binding, one grid or one loop holds.

use super::values;
use wgflow::{
    DType, Direction, Error, GradientTape, Result, add, argmax, cast, cumsum, fill, gather, matmul, nn,
    range, reduce_max, reduce_sum, reshape, slice, sort,
};
use wgflow_tests::device::device_under_test;

/// 288 MiB a tensor: more than adapters bind at once by default, in more workgroups than a grid's side has.
#[test]
fn tensors_beyond_a_binding() -> Result<()> {
    device_under_test();
    let n = 72usize << 20;
    let x = cast(range(0, n as i64, 1)?, DType::Float32)?;
    let y = add(&x, &x)?;
    for at in [0, 1, n / 2 + 12_345, n - 1] {
        let wanted = f64::from(2.0 * at as f32);
        assert_eq!(values(&slice(&y, [at], [1])?), [wanted], "element {at}");
    }
    assert_eq!(reduce_max(&y, None, false)?.item::<f32>()?, 2.0 * (n - 1) as f32);
    let rows = reshape(&y, [n / 256, 256])?;
    let sums = reduce_sum(&rows, 1, false)?;
    let row: f64 = (0..256).map(|k| 2.0 * (256 * 1000 + k) as f64).sum();
    assert_eq!(values(&slice(&sums, [1000], [1])?), [row]);
    assert_eq!(values(&gather(&rows, [[1000]], 0, 0)?)[255], 2.0 * (1000.0 * 256.0 + 255.0));
    Ok(())
}

/// Lines of 200,000: longer than the loops that software drivers count.
#[test]
fn long_lines() -> Result<()> {
    device_under_test();
    let k = 200_000usize;
    let (a, b) = (fill([3, k], 0.125)?, fill([k, 2], 1.0)?);
    assert_eq!(values(&matmul(&a, &b)?), [k as f64 / 8.0; 6]);
    let x = cast(range(0, k as i64, 1)?, DType::Float32)?;
    assert_eq!(argmax(&x, 0, DType::Int64)?.item::<i64>()?, k as i64 - 1);
    assert_eq!(values(&reduce_sum(&fill([k], 1.0)?, None, false)?), [k as f64]);
    let sums = cumsum(fill([k], 1.0)?, 0, false, false)?;
    assert_eq!(values(&slice(&sums, [k - 1], [1])?), [k as f64]);
    let down = sort(&x, -1, Direction::Descending)?;
    assert_eq!(values(&slice(&down, [0], [3])?), [199_999.0, 199_998.0, 199_997.0]);
    let p = nn::softmax(fill([2, k], 3.0)?, -1)?;
    assert!(values(&p).iter().all(|p| (p * k as f64 - 1.0).abs() < 1e-4));
    Ok(())
}

/// Gradients of a convolution's kernel add up over all places of a batch: here 200,704 of them.
#[test]
fn convolution_gradients_over_many_places() -> Result<()> {
    device_under_test();
    let (batch, side) = (4usize, 224usize);
    for (channels, filters) in [(1usize, 4usize), (4, 8)] {
        let x = fill([batch, side, side, channels], 0.5)?;
        let w = fill([1, 1, channels, filters], 0.25)?;
        let tape = GradientTape::new();
        tape.watch(&w);
        let y = nn::conv2d(&x, &w, 1, nn::Padding::Valid, nn::DataFormat::Nhwc, 1)?;
        let sum = reduce_sum(&y, None, false)?;
        let dw = tape.gradient(&sum, &w)?.ok_or_else(|| Error::internal("test", "no gradient"))?;
        let wanted = 0.5 * (batch * side * side) as f64;
        assert!(values(&dw).iter().all(|d| *d == wanted), "{channels}: {:?} for {wanted}", values(&dw));
    }
    Ok(())
}

/// Rows just short enough for one loop are passed over several times.
#[test]
fn passes_over_a_row_count_together() -> Result<()> {
    device_under_test();
    let k = 32_767usize;
    let p = nn::softmax(fill([64, k], 3.0)?, -1)?;
    assert!(values(&p).iter().all(|p| (p * k as f64 - 1.0).abs() < 1e-4));
    Ok(())
}
