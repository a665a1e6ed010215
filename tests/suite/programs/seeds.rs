//! Small programs whose results TensorFlow 2.21 gave.

use super::{constant, near};
use wgflow::{
    GradientTape, Result, Variable, abs, gather_nd, matmul, multiply, reduce_sum, square, subtract,
};
use wgflow_tests::device::device_under_test;

#[test]
fn the_slope_of_a_square() -> Result<()> {
    device_under_test();
    let x = Variable::new(3.0)?;
    let tape = GradientTape::new();
    let y = square(&x)?;
    near(&tape.gradient(&y, &x)?.expect("connected"), &[6.0]);
    Ok(())
}

#[test]
fn least_squares() -> Result<()> {
    device_under_test();
    let (x, y) = (constant([[1.0, 2.0], [3.0, 4.0]])?, constant([[1.0], [2.0]])?);
    let (w, b) = (Variable::new([[1.0], [2.0]])?, Variable::new(1.0)?);
    let tape = GradientTape::new();
    let loss = reduce_sum(&square(matmul(&x, &w)? + &b - &y)?, None, false)?;
    let (dw, db) = tape.gradient(&loss, (&w, &b))?;
    near(&loss, &[125.0]);
    near(&dw.expect("connected"), &[70.0, 100.0]);
    near(&db.expect("connected"), &[30.0]);
    Ok(())
}

#[test]
fn an_inner_product() -> Result<()> {
    device_under_test();
    let (a, b) = (Variable::new([[2.0, 3.0]])?, Variable::new([[5.0], [6.0]])?);
    let tape = GradientTape::new();
    let y = matmul(&a, &b)?;
    let (da, db) = tape.gradient(&y, (&a, &b))?;
    near(&y, &[28.0]);
    near(&da.expect("connected"), &[5.0, 6.0]);
    near(&db.expect("connected"), &[2.0, 3.0]);
    Ok(())
}

#[test]
fn descent_along_a_slope() -> Result<()> {
    device_under_test();
    let (a, b, x) = (constant(3.0)?, constant(6.0)?, Variable::new(20.0)?);
    let (mut at, mut slopes) = (vec![], vec![]);
    for _ in 0..7 {
        let tape = GradientTape::new();
        let loss = abs(&subtract(&multiply(&a, &x)?, &b)?)?;
        let slope = tape.gradient(&loss, &x)?.expect("connected");
        at.push(x.value()?.item::<f32>()?);
        slopes.push(slope.item::<f32>()?);
        x.assign_sub(&slope)?;
    }
    assert_eq!(at, [20.0, 17.0, 14.0, 11.0, 8.0, 5.0, 2.0]);
    assert_eq!(slopes, [3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 0.0]);
    Ok(())
}

#[test]
fn elements_and_products() -> Result<()> {
    device_under_test();
    let t = constant([[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]])?;
    let c = gather_nd(&t, [[0, 0, 0], [0, 1, 1], [0, 1, 2]], 0)?;
    assert_eq!(c.to_vec::<i32>()?, [1, 5, 6]);
    let product = matmul(constant([[1, 2], [3, 4]])?, constant([[5, 6], [7, 8]])?)?;
    assert_eq!(product.to_vec::<i32>()?, [19, 22, 43, 50]);
    Ok(())
}
