//! Complex tensors, Fourier transforms and QR: what golden values of single ops do not show.

use super::close;
use wgflow::hlo::Literal;
use wgflow::ops::{array, linalg, math, signal};
use wgflow::{Complex, DType, ErrorKind, GradientTape, IntoTensor, Result, Source, Tensor, function};
use wgflow_tests::device::device_under_test;
use wgflow_tests::rng::Rng;

fn c(re: f32, im: f32) -> Complex<f32> {
    Complex::new(re, im)
}

#[test]
fn complex_numbers_go_to_the_device_and_back() -> Result<()> {
    device_under_test();
    let z = [[c(1.0, 2.0), c(3.0, -4.0)], [c(0.5, 0.0), c(0.0, 1.0)]].into_tensor(None)?;
    assert_eq!((z.dtype(), &z.shape()[..]), (DType::Complex64, &[2, 2][..]));
    assert_eq!(z.to_vec::<Complex<f32>>()?, [c(1.0, 2.0), c(3.0, -4.0), c(0.5, 0.0), c(0.0, 1.0)]);
    let i = c(0.0, 1.0).into_tensor(None)?;
    assert_eq!(i.item::<Complex<f32>>()?, c(0.0, 1.0));
    let y = math::multiply(&z, &i)?;
    assert_eq!(y.to_vec::<Complex<f32>>()?[..2], [c(-2.0, 1.0), c(4.0, 3.0)]);
    // Plain numbers become complex where the other operand is.
    assert_eq!(math::add(&i, 2.0)?.item::<Complex<f32>>()?, c(2.0, 1.0));
    let bytes = z.to_storage()?;
    assert_eq!(bytes.len(), 32);
    let again = Tensor::from_bytes(z.spec().clone(), bytes)?;
    assert_eq!(again.to_vec::<Complex<f32>>()?, z.to_vec::<Complex<f32>>()?);
    assert_eq!(math::abs(&z)?.to_vec::<f32>()?[1], 5.0);
    assert_eq!(z.to_vec::<f32>().map_err(|e| e.kind()), Err(ErrorKind::InvalidArgument));
    Ok(())
}

/// Texts are those of TensorFlow 2.21 with NumPy 2.
#[test]
fn complex_tensors_print_as_in_tensorflow() -> Result<()> {
    device_under_test();
    let infinite = f32::NEG_INFINITY;
    for (t, str, repr) in [
        (c(1.0, 2.0).into_tensor(None)?, "(1+2j)", "(1+2j)"),
        (c(0.1, 0.2).into_tensor(None)?, "(0.1+0.2j)", "(0.10000000149011612+0.20000000298023224j)"),
        (c(0.0, 1.0).into_tensor(None)?, "1j", "1j"),
        (
            [c(1.0, 2.0), c(3.5, -4.0)].into_tensor(None)?,
            "[1. +2.j 3.5-4.j]",
            "array([1. +2.j, 3.5-4.j], dtype=complex64)",
        ),
        (
            [c(1e-5, 1.0), c(1e3, -1e7)].into_tensor(None)?,
            "[1.e-05+1.e+00j 1.e+03-1.e+07j]",
            "array([1.e-05+1.e+00j, 1.e+03-1.e+07j], dtype=complex64)",
        ),
        (
            [[c(1.0, 0.0), c(0.0, 2.0)], [c(f32::NAN, 0.0), c(1.0, infinite)]].into_tensor(None)?,
            "\n[[ 1. +0.j  0. +2.j]\n [nan +0.j  1.-infj]]",
            "\narray([[ 1. +0.j,  0. +2.j],\n       [nan +0.j,  1.-infj]], dtype=complex64)",
        ),
    ] {
        let (shape, dtype) = (t.shape().clone(), t.dtype());
        assert_eq!(t.to_string(), format!("tf.Tensor({str}, shape={shape}, dtype={dtype})"));
        assert_eq!(format!("{t:?}"), format!("<tf.Tensor: shape={shape}, dtype={dtype}, numpy={repr}>"));
    }
    Ok(())
}

#[test]
fn complex_values_go_through_functions_loops_and_tapes() -> Result<()> {
    device_under_test();
    let turn = function(|x: &[Tensor]| {
        let x = &x[0];
        let i = c(0.0, 1.0).into_tensor(None)?;
        let body = |v: &Vec<Tensor>| Ok(vec![math::multiply(&v[0], &i)?, math::add(&v[1], 1)?]);
        let start = vec![x.clone(), 0.into_tensor(None)?];
        let y = wgflow::while_loop(|v: &Vec<Tensor>| math::less(&v[1], 3), body, start, None)?;
        math::add(&y[0], &math::conj(x)?)
    });
    let x = [c(1.0, 2.0), c(-3.0, 0.5)].into_tensor(None)?;
    // -i x + conj(x)
    assert_eq!(turn.call(&x)?.to_vec::<Complex<f32>>()?, [c(3.0, -3.0), c(-2.5, 2.5)]);
    let tape = GradientTape::new();
    tape.watch(&x);
    let y = turn.call(&x)?;
    let size = math::reduce_sum(math::square(math::abs(&y)?)?, None, false)?;
    let d = tape.gradient(&size, &x)?.expect("connected");
    let by_hand: Vec<f32> = [c(3.0, -3.0), c(-2.5, 2.5)]
        .iter()
        .flat_map(|y| {
            let g = *y + *y;
            // x -> -i x has the adjoint g -> i g, and x -> conj(x) has g -> conj(g).
            let d = c(0.0, 1.0) * g + g.conj();
            [d.re, d.im]
        })
        .collect();
    let d: Vec<f32> = d.to_vec::<Complex<f32>>()?.iter().flat_map(|d| [d.re, d.im]).collect();
    close(&d, &by_hand, 1e-6);
    Ok(())
}

#[test]
fn what_complex_numbers_do_not_have_is_refused() -> Result<()> {
    device_under_test();
    let z = [c(1.0, 2.0), c(3.0, 4.0)].into_tensor(None)?;
    for (name, r) in [
        ("Maximum", math::maximum(&z, &z)),
        ("Less", math::less(&z, &z)),
        ("Floor", math::floor(&z)),
        ("Max", math::reduce_max(&z, None, false)),
        ("Relu", wgflow::nn::relu(&z)),
    ] {
        let e = r.expect_err("it is refused");
        assert_eq!((e.kind(), e.op()), (ErrorKind::InvalidArgument, name), "{e}");
        assert!(e.message().contains("complex64"), "{e}");
    }
    let e = array::where_indices(&z).map(|_| ()).expect_err("the host has no complex rows");
    assert_eq!(e.kind(), ErrorKind::InvalidArgument, "{e}");
    Ok(())
}

/// The transform in f64, by its definition.
fn exact(x: &[f64], n: usize) -> Vec<f64> {
    let roots: Vec<(f64, f64)> =
        (0..n).map(|k| (std::f64::consts::TAU * k as f64 / n as f64).sin_cos()).collect();
    let mut y = vec![0.0; 2 * n];
    for k in 0..n {
        for j in 0..n {
            let (sin, cos) = roots[(j * k) % n];
            let (re, im) = (x[2 * j], x[2 * j + 1]);
            y[2 * k] += re * cos + im * sin;
            y[2 * k + 1] += im * cos - re * sin;
        }
    }
    y
}

fn norm(v: impl Iterator<Item = f64>) -> f64 {
    v.map(|v| v * v).sum::<f64>().sqrt()
}

#[test]
fn transforms_of_any_length_hold_their_bound() -> Result<()> {
    let device = device_under_test();
    let mut worst = (0.0, 0);
    let mut rng = Rng::named("fft");
    for n in [1, 2, 3, 5, 8, 31, 64, 65, 97, 127, 131, 210, 720, 1024, 1031, 2048, 4099] {
        let v: Vec<f64> = rng.uniforms(2 * n, -1.0, 1.0).into_iter().map(|v| f64::from(v as f32)).collect();
        let want = exact(&v, n);
        let x = Literal::floats(DType::Complex64, [n], v.clone()).into_tensor(None)?;
        let y = signal::fft(&x)?;
        let got = y.to_literal()?.to_f64s();
        let error = norm(got.iter().zip(&want).map(|(g, w)| g - w)) / norm(want.iter().copied());
        let back = signal::ifft(&y)?.to_literal()?.to_f64s();
        let error_back = norm(back.iter().zip(&v).map(|(g, w)| g - w)) / norm(v.iter().copied());
        if error.max(error_back / 2.0) > worst.0 {
            worst = (error.max(error_back / 2.0), n);
        }
        assert!(error <= 1e-6 && error_back <= 2e-6, "{n}: {error:e}, and back {error_back:e}");
    }
    // Of a long one the sums of squares agree, and one wave is one frequency.
    let n = 65_536;
    let wave = |i: usize| (std::f64::consts::TAU * ((i * 77) % n) as f64 / n as f64).sin_cos();
    let v: Vec<f64> = (0..n).map(wave).flat_map(|(sin, cos)| [cos, sin]).collect();
    let y =
        signal::fft(Literal::floats(DType::Complex64, [n], v).into_tensor(None)?)?.to_literal()?.to_f64s();
    let off = norm(y.iter().enumerate().map(|(i, v)| if i == 2 * 77 { v - n as f64 } else { *v }));
    assert!(off <= 1e-6 * n as f64, "{off}");
    println!("{device}: at most {:.1e} of the norm, at {}", worst.0, worst.1);
    Ok(())
}

#[test]
fn spectra_go_back_to_their_signal() -> Result<()> {
    device_under_test();
    let mut rng = Rng::named("stft");
    let v: Vec<f32> = rng.uniforms(64, -1.0, 1.0).into_iter().map(|v| v as f32).collect();
    let x = v.clone().into_tensor(None)?;
    // What is shorter is filled up with zeros.
    let long = signal::irfft(signal::rfft(&x, Some(80))?, Some(80))?.to_vec::<f32>()?;
    close(&long[..64], &v, 1e-5);
    close(&long[64..], &[0.0; 16], 1e-5);
    for n in [None, Some(64)] {
        let spectrum = signal::rfft(&x, n)?;
        assert_eq!(&spectrum.shape()[..], &[33]);
        close(&signal::irfft(&spectrum, n)?.to_vec::<f32>()?, &v, 1e-5);
    }
    // Hann's windows at a distance of half their length add to one.
    let frames = signal::stft(&x, 16, 8)?;
    assert_eq!(&frames.shape()[..], &[7, 9]);
    let options = signal::InverseStft { frame_length: 16, frame_step: 8, fft_length: None };
    let back = signal::inverse_stft_with(&frames, options, None)?.to_vec::<f32>()?;
    close(&back[8..56], &v[8..56], 1e-5);
    let e = signal::frame(&x, 0, 1).map(|_| ()).expect_err("no length");
    assert_eq!((e.kind(), e.op()), (ErrorKind::InvalidArgument, "frame"));
    Ok(())
}

#[test]
fn orthonormal_vectors() -> Result<()> {
    device_under_test();
    let mut rng = Rng::named("qr");
    let v: Vec<f32> = rng.uniforms(3 * 5 * 4, -1.0, 1.0).into_iter().map(|v| v as f32).collect();
    let x = array::reshape(v, [3, 5, 4])?;
    let (q, r) = linalg::qr(&x, true)?;
    close(&linalg::matmul(&q, &r)?.to_vec::<f32>()?, &x.to_vec::<f32>()?, 1e-5);
    let square = linalg::matmul_with(&q, &q, linalg::MatMul { transpose_a: true, transpose_b: false })?;
    let unit: Vec<f32> = (0..75).map(|i| if i % 25 % 6 == 0 { 1.0 } else { 0.0 }).collect();
    close(&square.to_vec::<f32>()?, &unit, 1e-5);
    let rows = linalg::gram_schmidt([[1.0, 2.0, 2.0], [0.0, 3.0, 4.0]])?;
    close(&rows.to_vec::<f32>()?[..3], &[1.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0], 1e-6);
    let e = linalg::gram_schmidt([[1.0], [2.0]]).map(|_| ()).expect_err("more vectors than elements");
    assert_eq!((e.kind(), e.op()), (ErrorKind::InvalidArgument, "gram_schmidt"));
    let tape = GradientTape::new();
    tape.watch(&x);
    let (_, r) = linalg::qr(&x, false)?;
    let d = tape.gradient(&math::reduce_sum(math::square(&r)?, None, false)?, &[Source::from(&x)][..])?;
    // The sum of squares of r is that of x.
    let wanted: Vec<f32> = x.to_vec::<f32>()?.iter().map(|v| 2.0 * v).collect();
    close(&d[0].as_ref().expect("connected").to_vec::<f32>()?, &wanted, 1e-4);
    Ok(())
}
