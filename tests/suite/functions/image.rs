//! Augmentation by its functions.

use super::ramp;
use wgflow::ops::image;
use wgflow::{ErrorKind, IntoTensor, Result, Tensor};
use wgflow_tests::device::device_under_test;

fn picture() -> Result<Tensor> {
    image::resize(
        wgflow::ops::math::divide(wgflow::ops::math::add(ramp([3, 3, 3])?, 5.0)?, 11.0)?,
        [4, 5],
        image::ResizeMethod::Bilinear,
        false,
        false,
    )
}

#[test]
fn random_changes_stay_in_range() -> Result<()> {
    device_under_test();
    let x = picture()?;
    let flat = x.to_vec::<f32>()?;
    let (mut flipped, mut kept) = (0, 0);
    let mirrored = image::flip_left_right(&x)?.to_vec::<f32>()?;
    for _ in 0..40 {
        let y = image::random_flip_left_right(&x, Some(21))?.to_vec::<f32>()?;
        flipped += usize::from(y == mirrored);
        kept += usize::from(y == flat);
        let bright = image::random_brightness(&x, 0.2, Some(21))?.to_vec::<f32>()?;
        let delta = bright[0] - flat[0];
        assert!(delta.abs() <= 0.2 && bright.iter().zip(&flat).all(|(a, b)| (a - b - delta).abs() < 1e-5));
        let crop = image::random_crop(&x, [2, 3, 3], Some(21))?;
        assert_eq!(&crop.shape()[..], [2, 3, 3]);
        let first = crop.to_vec::<f32>()?;
        assert!(flat.windows(9).any(|w| w == &first[..9]), "a row of the crop is part of a row");
    }
    assert_eq!(flipped + kept, 40);
    assert!(flipped > 5 && kept > 5, "{flipped} of 40 were mirrored");
    for y in [
        image::random_hue(&x, 0.3, Some(22))?,
        image::random_saturation(&x, 0.5, 1.5, Some(22))?,
        image::random_contrast(&x, 0.9, 1.1, Some(22))?,
        image::random_flip_up_down(&x, Some(22))?,
    ] {
        assert_eq!(y.spec(), x.spec());
    }
    Ok(())
}

#[test]
fn names_of_random_functions_stand_in_their_errors() -> Result<()> {
    device_under_test();
    let x = picture()?;
    for (r, op) in [
        (image::random_brightness(&x, -1.0, Some(22)), "random_brightness"),
        (image::random_contrast(&x, 1.0, 0.5, Some(22)), "random_contrast"),
        (image::random_hue(&x, 0.7, Some(22)), "random_hue"),
        (image::random_crop(&x, [9, 9, 3], Some(22)), "random_crop"),
        (image::adjust_hue(&x, 1.5), "adjust_hue"),
        (image::adjust_gamma(&x, -1.0, 1.0), "adjust_gamma"),
    ] {
        let e = r.expect_err("an error");
        assert_eq!((e.kind(), e.op()), (ErrorKind::InvalidArgument, op));
    }
    Ok(())
}

/// Hue, saturation and value tell the same colours.
#[test]
fn colour_spaces_are_inverse() -> Result<()> {
    device_under_test();
    let x = picture()?;
    let back = image::hsv_to_rgb(image::rgb_to_hsv(&x)?)?.to_vec::<f32>()?;
    super::close(&back, &x.to_vec::<f32>()?, 1e-5);
    let whole = image::adjust_hue(&x, 1.0)?.to_vec::<f32>()?;
    super::close(&whole, &x.to_vec::<f32>()?, 1e-5);
    let grey = image::adjust_saturation(&x, 0.0)?.to_vec::<f32>()?;
    assert!(grey.as_chunks::<3>().0.iter().all(|c| (c[0] - c[1]).abs() < 1e-6 && (c[1] - c[2]).abs() < 1e-6));
    Ok(())
}

#[test]
fn integers_come_back_as_integers() -> Result<()> {
    device_under_test();
    let x = vec![[[0u8, 128, 255]; 2]; 2].into_tensor(None)?;
    for y in [
        image::adjust_brightness(&x, 0.1)?,
        image::adjust_contrast(&x, 2.0)?,
        image::adjust_hue(&x, 0.1)?,
        image::adjust_saturation(&x, 0.5)?,
        image::adjust_gamma(&x, 2.0, 1.0)?,
        image::rot90(&x, 1)?,
    ] {
        assert_eq!(y.spec(), x.spec());
    }
    assert_eq!(image::adjust_brightness(&x, 1.0)?.to_vec::<u8>()?, [255; 12]);
    Ok(())
}
