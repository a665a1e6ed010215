//! Tensors: making them, calculating with them, looking at parts of them, and where they live.
//!
//! cargo run --release --example tensors

use wgflow::ops::{array, linalg, math};
use wgflow::{DType, IntoTensor, Result, config, s};

fn main() -> Result<()> {
    // Tensors live on a device: the graphics card if there is one, else the CPU. WGFLOW_DEVICE=cpu (or gpu, or an adapter's name) chooses.
    println!("device: {}\n", config::current_device()?.name());

    // Numbers, arrays and Vecs become tensors: floats float32, integers int32, unless a dtype is given.
    let a = [[1.0, 2.0], [3.0, 4.0]].into_tensor(None)?;
    let b = [[5.0, 6.0], [7.0, 8.0]].into_tensor(None)?;
    println!("a = {a}\n");
    let n = array::constant([1, 2, 3], DType::Int64, None)?;
    println!("n = {n}\n");

    // Operators are for short formulas; like an index out of range, a wrong shape makes them panic.
    println!("a + 10 * b = {}\n", &a + 10.0 * &b);
    // Functions, named as in TensorFlow, return the error instead.
    println!("matmul(a, b) = {}\n", linalg::matmul(&a, &b)?);
    println!("sqrt(a) = {}\n", math::sqrt(&a)?);
    let wrong = linalg::matmul(&a, [[1.0, 2.0, 3.0]]);
    if let Err(e) = wrong {
        println!("an error: {e}\n");
    }

    // A row against a matrix: shapes broadcast as in NumPy.
    println!("a - mean of each column = {}\n", &a - a.mean(0, false)?);

    // Parts, as Python writes them: x[-1], x[:, 1], x[::-1].
    let x = array::reshape(array::range(0, 12, 1)?, [3, 4])?;
    println!("x = {x}\n");
    println!("x[-1] = {}", x.slice(s![-1])?);
    println!("x[:, 1] = {}", x.slice(s![.., 1])?);
    println!("x[::-1, :2] = {}\n", x.slice(s![..; -1, ..2])?);

    // Back to the host. Work on a device is queued until somebody looks at a result; this waits for it.
    let values: Vec<f32> = linalg::matmul(&a, &b)?.to_vec()?;
    let total: f32 = a.sum(None, false)?.item()?;
    println!("values = {values:?}, total = {total}");
    Ok(())
}
