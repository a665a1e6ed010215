//! The rows as WGSL: valid for every target, and right on the adapter at hand.

use super::judge::check;
use wgflow::DType;
use wgflow::hlo::Ew;
use wgflow::hlo::rows::Functor;
use wgflow_tests::gpu::Gpu;
use wgflow_tests::shader::{row_kernel, translate};

#[test]
fn every_row_translates_for_every_target() {
    let mut count = 0;
    for row in Ew::ALL.iter().map(|op| op.row()) {
        for d in [DType::Float32, DType::Int32, DType::UInt32, DType::Bool] {
            let Some(functor) = row.wgsl(d) else { continue };
            for width in widths(functor) {
                let source = row_kernel(row, d, functor, width).unwrap();
                translate(&source).unwrap_or_else(|e| panic!("{} on {d}:\n{e}\n{source}", row.name));
                count += 1;
            }
        }
    }
    assert!(count > 150, "{count}");
}

/// Library functions are scalar, all else works on vectors too.
fn widths(functor: Functor) -> impl Iterator<Item = usize> {
    [1, 4].into_iter().filter(move |&w| w == 1 || !matches!(functor, Functor::Lib(_)))
}

#[test]
fn rows_hold_their_bounds_on_the_adapter() {
    let Some(gpu) = Gpu::open() else { return };
    let table = check(&|row, d, columns| {
        let functor = row.wgsl(d).ok_or("no WGSL")?;
        let inputs: Vec<&[u32]> = columns.iter().map(Vec::as_slice).collect();
        let results: Vec<Vec<u32>> = widths(functor)
            .map(|width| {
                let source = row_kernel(row, d, functor, width).map_err(|e| e.to_string())?;
                gpu.run(&source, &inputs, columns[0].len())
            })
            .collect::<Result<_, String>>()?;
        if let [one, four] = &results[..] {
            let same =
                |(a, b): (&u32, &u32)| a == b || (f32::from_bits(*a).is_nan() && f32::from_bits(*b).is_nan());
            if !one.iter().zip(four).all(same) {
                return Err("vectors give other results than scalars".into());
            }
        }
        Ok(results.into_iter().next().unwrap_or_default())
    });
    println!("worst errors in ulp on {}", gpu.name);
    for (name, worst) in table {
        println!("{name:<26}{:>8.2}  at {:?}", worst.ulp, worst.at);
    }
}
