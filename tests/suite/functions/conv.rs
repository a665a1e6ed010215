//! Convolutions and pooling by their functions.

use super::{close, equal, ramp};
use wgflow::ops::array::{concat, reshape, split, transpose};
use wgflow::ops::nn::{self, DataFormat, Padding};
use wgflow::{GradientTape, Result, Tensor};
use wgflow_tests::device::device_under_test;

/// Values made by TensorFlow 2.21.
#[test]
fn functions_equal_tensorflow() -> Result<()> {
    device_under_test();
    use DataFormat::{Ndhwc, Nhwc, Nwc};
    use Padding::{Same, Valid};
    equal(
        nn::conv1d(ramp([2, 5, 2])?, ramp([3, 2, 2])?, 2, Same, Nwc, 1),
        &[2, 3, 2],
        &[6.0, -16.0, -27.0, 30.0, -12.0, 20.0, -27.0, 19.0, 11.0, -50.0, -9.0, 14.0],
    );
    equal(
        nn::conv1d(ramp([1, 6, 1])?, ramp([2, 1, 2])?, 1, Valid, Nwc, 2),
        &[1, 4, 2],
        &[29.0, -20.0, -20.0, 29.0, 8.0, 1.0, -19.0, -5.0],
    );
    equal(
        nn::conv1d_transpose(ramp([1, 3, 2])?, ramp([3, 1, 2])?, [1, 6, 1], 2, Same, Nwc, 1),
        &[1, 6, 1],
        &[29.0, 20.0, 9.0, 29.0, -28.0, -17.0],
    );
    equal(
        nn::conv2d(ramp([2, 1, 3, 3, 1])?, ramp([2, 2, 1, 1])?, 1, Valid, Nhwc, 1),
        &[2, 1, 2, 2, 1],
        &[24.0, -31.0, -31.0, -31.0, -31.0, 24.0, -31.0, 46.0],
    );
    equal(
        nn::conv2d_transpose(ramp([1, 2, 2, 1])?, ramp([3, 2, 1, 1])?, [1, 4, 4, 1], 2, Same, Nhwc, 1),
        &[1, 4, 4, 1],
        &[25.0, -10.0, -10.0, 4.0, 10.0, -25.0, -4.0, 10.0, 5.0, 11.0, -23.0, 4.0, 4.0, -10.0, -10.0, 25.0],
    );
    equal(
        nn::conv3d_transpose(
            ramp([1, 1, 2, 2, 1])?,
            ramp([1, 2, 2, 1, 1])?,
            [1, 1, 3, 3, 1],
            1,
            Valid,
            Ndhwc,
            1,
        ),
        &[1, 1, 3, 3, 1],
        &[25.0, -20.0, 4.0, 20.0, -58.0, 20.0, 4.0, -20.0, 25.0],
    );
    equal(
        nn::separable_conv2d(ramp([1, 3, 3, 2])?, ramp([2, 2, 2, 1])?, ramp([1, 1, 2, 1])?, 1, Same, Nhwc, 1),
        &[1, 3, 3, 1],
        &[-27.0, -28.0, 48.0, -8.0, -119.0, -54.0, 102.0, 139.0, -59.0],
    );
    equal(
        nn::atrous_conv2d(ramp([1, 5, 4, 1])?, ramp([2, 2, 1, 1])?, 2, Same),
        &[1, 5, 4, 1],
        &[
            -15.0, 18.0, 6.0, -8.0, 19.0, 24.0, -31.0, 12.0, -16.0, 24.0, 24.0, -30.0, 26.0, 24.0, -53.0,
            5.0, -4.0, 0.0, 12.0, -25.0,
        ],
    );
    equal(
        nn::depthwise_conv2d(ramp([1, 5, 5, 1])?, ramp([2, 2, 1, 1])?, 1, Valid, Nhwc, [2, 3]),
        &[1, 3, 2, 1],
        &[27.0, 27.0, 5.0, -28.0, 5.0, 27.0],
    );
    equal(
        nn::convolution(ramp([1, 4, 2])?, ramp([2, 2, 1])?, 1, Same, Nwc, 1),
        &[1, 4, 1],
        &[58.0, 3.0, -19.0, -20.0],
    );
    equal(nn::max_pool1d(ramp([1, 5, 2])?, 2, 2, Same, Nwc), &[1, 3, 2], &[-2.0, 5.0, 4.0, 0.0, -4.0, 3.0]);
    equal(nn::avg_pool1d(ramp([1, 5, 2])?, 2, 2, Same, Nwc), &[1, 3, 2], &[-3.5, 3.5, 2.5, -1.5, -4.0, 3.0]);
    equal(
        nn::max_pool3d(ramp([1, 2, 2, 3, 1])?, [1, 2, 2], 1, Valid, Ndhwc),
        &[1, 2, 1, 2, 1],
        &[5.0, 2.0, 4.0, 0.0],
    );
    equal(nn::relu_layer(ramp([2, 3])?, ramp([3, 2])?, ramp([2])?), &[2, 2], &[14.0, 8.0, 0.0, 26.0]);
    Ok(())
}

/// Channels first to channels last.
fn last(x: &Tensor) -> Result<Tensor> {
    let perm: Vec<i64> = std::iter::once(0).chain(2..x.rank() as i64).chain([1]).collect();
    transpose(x, perm)
}

#[track_caller]
fn same(first: Result<Tensor>, channels_last: Result<Tensor>) {
    let (a, b) =
        (last(&first.expect("channels first")).expect("a transpose"), channels_last.expect("channels last"));
    assert_eq!(a.shape(), b.shape());
    close(&a.to_vec::<f32>().expect("values"), &b.to_vec::<f32>().expect("values"), 1e-6);
}

/// Goldens of TensorFlow's CPU kernels have channels last only.
#[test]
fn channels_first_is_channels_last_transposed() -> Result<()> {
    device_under_test();
    use DataFormat::{Ncdhw, Nchw, Ncw, Ndhwc, Nhwc, Nwc};
    let (x, w) = (ramp([2, 2, 5, 4])?, ramp([3, 2, 2, 3])?);
    let xl = last(&x)?;
    let paddings: [(Padding, Padding); 3] = [
        (Padding::Same, Padding::Same),
        (Padding::Valid, Padding::Valid),
        ([[0, 0], [0, 0], [1, 2], [0, 1]].into(), [[0, 0], [1, 2], [0, 1], [0, 0]].into()),
    ];
    for (first, behind) in paddings {
        same(
            nn::conv2d(&x, &w, [2, 1], first.clone(), Nchw, [1, 2]),
            nn::conv2d(&xl, &w, [2, 1], behind.clone(), Nhwc, [1, 2]),
        );
        same(
            nn::depthwise_conv2d(&x, &w, [1, 2], first.clone(), Nchw, 1),
            nn::depthwise_conv2d(&xl, &w, [1, 2], behind.clone(), Nhwc, 1),
        );
        same(nn::max_pool2d(&x, [3, 2], 2, first, Nchw), nn::max_pool2d(&xl, [3, 2], 2, behind, Nhwc));
    }
    same(
        nn::avg_pool2d(&x, [3, 2], 2, Padding::Same, Nchw),
        nn::avg_pool2d(&xl, [3, 2], 2, Padding::Same, Nhwc),
    );
    let k = ramp([2, 2, 3, 2])?;
    same(
        nn::conv2d_transpose(&x, &k, [2, 3, 10, 8], 2, Padding::Same, Nchw, 1),
        nn::conv2d_transpose(&xl, &k, [2, 10, 8, 3], 2, Padding::Same, Nhwc, 1),
    );
    let (s, v) = (ramp([2, 3, 7])?, ramp([2, 3, 2])?);
    same(nn::conv1d(&s, &v, 2, Padding::Same, Ncw, 1), nn::conv1d(last(&s)?, &v, 2, Padding::Same, Nwc, 1));
    same(nn::max_pool1d(&s, 3, 2, Padding::Same, Ncw), nn::max_pool1d(last(&s)?, 3, 2, Padding::Same, Nwc));
    let (u, z) = (ramp([1, 2, 3, 4, 3])?, ramp([2, 2, 2, 2, 3])?);
    same(
        nn::conv3d(&u, &z, [1, 2, 1], Padding::Same, Ncdhw, 1),
        nn::conv3d(last(&u)?, &z, [1, 2, 1], Padding::Same, Ndhwc, 1),
    );
    same(
        nn::avg_pool3d(&u, 2, 1, Padding::Same, Ncdhw),
        nn::avg_pool3d(last(&u)?, 2, 1, Padding::Same, Ndhwc),
    );
    Ok(())
}

/// TensorFlow's CPU has no gradient of grouped convolutions: against the groups one by one.
#[test]
fn groups_are_convolutions_of_their_own() -> Result<()> {
    device_under_test();
    let (x, w) = (ramp([1, 4, 4, 4])?, ramp([2, 3, 2, 6])?);
    let conv = |x: &Tensor, w: &Tensor| nn::conv2d(x, w, 1, Padding::Same, DataFormat::Nhwc, 1);
    let apart = |x: &Tensor, w: &Tensor| -> Result<Tensor> {
        let (xs, ws) = (split(x, 2, 3)?, split(w, 2, 3)?);
        concat(&[conv(&xs[0], &ws[0])?, conv(&xs[1], &ws[1])?], 3)
    };
    let gradients = |f: &dyn Fn(&Tensor, &Tensor) -> Result<Tensor>| -> Result<Vec<Vec<f32>>> {
        let tape = GradientTape::new();
        tape.watch(&x);
        tape.watch(&w);
        let y = f(&x, &w)?;
        let y = wgflow::ops::math::multiply(&y, ramp(y.shape().clone())?)?;
        let [dx, dw] = tape.gradient(&y, [&x, &w])?;
        [Some(y), dx, dw].into_iter().map(|t| t.expect("a gradient").to_vec()).collect()
    };
    let (joint, each) = (gradients(&conv)?, gradients(&apart)?);
    joint.iter().zip(&each).for_each(|(a, b)| close(a, b, 1e-6));
    Ok(())
}

/// TensorFlow's CPU has no gradient of dilated convolutions: against a kernel with zeros between.
#[test]
fn dilation_is_a_kernel_with_holes() -> Result<()> {
    device_under_test();
    let (x, w) = (ramp([1, 6, 5, 2])?, ramp([2, 2, 2, 2])?);
    let holed = |w: &Tensor| -> Result<Tensor> {
        let rows = split(w, 2, 0)?;
        let gap = wgflow::ops::array::zeros_like(&rows[0])?;
        let tall = concat(&[rows[0].clone(), gap, rows[1].clone()], 0)?;
        let columns = split(&tall, 2, 1)?;
        let gap = wgflow::ops::array::zeros_like(&columns[0])?;
        concat(&[columns[0].clone(), gap.clone(), gap, columns[1].clone()], 1)
    };
    for padding in [Padding::Same, Padding::Valid] {
        let gradients = |dense: bool| -> Result<Vec<Vec<f32>>> {
            let tape = GradientTape::new();
            tape.watch(&x);
            tape.watch(&w);
            let y = if dense {
                nn::conv2d(&x, holed(&w)?, 1, padding.clone(), DataFormat::Nhwc, 1)?
            } else {
                nn::conv2d(&x, &w, 1, padding.clone(), DataFormat::Nhwc, [2, 3])?
            };
            let y = wgflow::ops::math::multiply(&y, ramp(y.shape().clone())?)?;
            let [dx, dw] = tape.gradient(&y, [&x, &w])?;
            [Some(y), dx, dw].into_iter().map(|t| t.expect("a gradient").to_vec()).collect()
        };
        let (a, b) = (gradients(false)?, gradients(true)?);
        a.iter().zip(&b).for_each(|(a, b)| close(a, b, 1e-6));
    }
    Ok(())
}

#[test]
fn arguments_that_do_not_fit_are_errors() -> Result<()> {
    device_under_test();
    let x = ramp([1, 4, 4, 2])?;
    let w = ramp([2, 2, 2, 3])?;
    let refused = |r: Result<Tensor>, says: &str| {
        let e = r.expect_err("an error").to_string();
        assert!(e.contains(says), "{e}");
    };
    refused(nn::conv2d(&x, &w, [1, 2, 3], Padding::Same, DataFormat::Nhwc, 1), "conv2d: strides");
    refused(nn::conv2d(&x, &w, 1, Padding::Same, DataFormat::Nwc, 1), "data_format");
    refused(nn::conv2d(&x, &w, 0, Padding::Same, DataFormat::Nhwc, 1), "strides");
    refused(
        nn::conv2d(reshape(&x, [4, 4, 2])?, &w, 1, Padding::Same, DataFormat::Nhwc, 1),
        "at least 4 dimensions",
    );
    refused(nn::conv1d(&x, &w, 1, Padding::Same, DataFormat::Nhwc, 1), "conv1d: data_format");
    refused(nn::max_pool2d(&x, [1, 2, 2, 2], 1, Padding::Same, DataFormat::Nhwc), "ksize");
    refused(nn::conv2d_transpose(&x, &w, [1, 8, 8], 2, Padding::Same, DataFormat::Nhwc, 1), "output_shape");
    assert!("half".parse::<Padding>().is_err());
    Ok(())
}
