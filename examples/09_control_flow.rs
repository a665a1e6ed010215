//! Control flow: branches, loops and arrays that depend on values, op by op and inside of compiled functions.
//!
//! cargo run --release --example control_flow

use wgflow::{
    DType, GradientTape, IntoTensor, Result, Tensor, TensorArray, Variable, add, cond, divide, function,
    greater, less, map_fn, multiply, reduce_sum, scan, square, subtract, while_loop,
};

fn main() -> Result<()> {
    // Inside of a function, a tensor has no value yet that `if` could look at: `cond` chooses when the function runs.
    let f = function(|a: &[Tensor]| {
        let x = &a[0];
        cond(greater(x, 0.0)?, || square(x), || multiply(x, -1.0))
    });
    println!("f(3) = {}, f(-4) = {}", value(&f.call(3.0)?)?, value(&f.call(-4.0)?)?);

    // A loop whose number of trips depends on values: Newton's method for the square root. It is differentiated like everything else.
    let root = function(|a: &[Tensor]| {
        let x = &a[0];
        let far = |(_, y): &(Tensor, Tensor)| {
            let error = subtract(multiply(y, y)?, x)?;
            greater(square(error)?, 1e-6)
        };
        let step = |(n, y): &(Tensor, Tensor)| Ok((add(n, 1)?, multiply(0.5, add(y, divide(x, y)?)?)?));
        while_loop(far, step, (0.into_tensor(None)?, x.clone()), None)
    });
    let x = Variable::new(2.0)?;
    let tape = GradientTape::new();
    let (n, y): (Tensor, Tensor) = root.call(&x.value()?)?;
    let slope = tape.gradient(&y, &x)?;
    println!("the root of 2 is {:.4} after {} trips", value(&y)?, n.item::<i32>()?);
    if let Some(slope) = slope {
        println!("its slope is {:.4}, which is 1 / (2 * root)", value(&slope)?);
    }

    // An array is written trip by trip; each write gives the next array.
    let powers = function(|a: &[Tensor]| {
        let start = (0.into_tensor(None)?, 1.0.into_tensor(None)?, TensorArray::new(DType::Float32, 6));
        let step = |(i, p, all): &(Tensor, Tensor, TensorArray)| {
            Ok((add(i, 1)?, multiply(p, &a[0])?, all.write(i, p)?))
        };
        while_loop(|(i, ..)| less(i, 6), step, start, None)?.2.stack()
    });
    println!("powers of 3: {:?}", powers.call(3.0)?.to_vec::<f32>()?);

    // The same for each row, and running results along the rows.
    let rows = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]].into_tensor(None)?;
    let lengths = map_fn(|row: &Tensor| reduce_sum(square(row)?, None, false), &rows)?;
    println!("squares of lengths: {:?}", lengths.to_vec::<f32>()?);
    let sums = scan(|sum: &Tensor, row: &Tensor| add(sum, row), &rows, None, false)?;
    println!("running sums: {:?}", sums.to_vec::<f32>()?);
    Ok(())
}

fn value(t: &Tensor) -> Result<f32> {
    t.item::<f32>()
}
