//! Graph mode, as programs of TensorFlow 1 use it.

use super::constant;
use super::golden::goldens;
use wgflow::compat::v1::{self, Graph, PlaceholderShape, Session};
use wgflow::ops::array;
use wgflow::{
    DType, ErrorKind, Result, Source, Tensor, add, cond, greater, matmul, multiply, nn, reduce_mean,
    reduce_sum, square, subtract,
};
use wgflow_tests::device::device_under_test;

const F: DType = DType::Float32;

fn vector() -> PlaceholderShape {
    PlaceholderShape::from([None])
}

#[test]
fn a_line_through_points_is_tensorflows() -> Result<()> {
    device_under_test();
    let golden = goldens("v1");
    let graph = Graph::new();
    let _default = graph.as_default()?;
    let x = v1::placeholder(F, vector(), "x")?;
    let y = v1::placeholder(F, vector(), "y")?;
    let w = v1::get_variable("w", (), F, "zeros", true)?;
    let b = v1::variable(0.5, "b", true)?;
    let loss = reduce_mean(square(subtract(add(multiply(&x, &w)?, &b)?, &y)?)?, None, false)?;
    let d = v1::gradients(&[&loss], [Source::from(&w), Source::from(&x)])?;
    let (dw, dx) = (d[0].clone().unwrap(), d[1].clone().unwrap());
    let train = v1::train::GradientDescentOptimizer::new(0.05).minimize(&loss, None)?;
    let init = v1::global_variables_initializer()?;

    let mut session = Session::new(&graph);
    session.run(&init, &[])?;
    let (a, c) = (constant([1.0, 2.0])?, constant([3.0, 5.0])?);
    let (first, second) = session.run((&dw, &dx), &[(&x, &a), (&y, &c)])?;
    let near = |got: f32, wanted: &serde_json::Value| {
        let wanted = wanted.as_f64().unwrap();
        assert!((f64::from(got) - wanted).abs() <= 2e-5 * wanted.abs().max(1.0), "{got} {wanted}");
    };
    near(first.item()?, &golden["dw"]);
    second.to_vec::<f32>()?.into_iter().zip(golden["dx"].as_array().unwrap()).for_each(|(g, w)| near(g, w));
    for (step, wanted) in golden["losses"].as_array().unwrap().iter().enumerate() {
        // Another number of points each time.
        let points = if step % 2 == 1 { vec![0.5f32, 1.0, 2.5] } else { vec![1.0, 2.0] };
        let (p, q) = (
            constant(points.clone())?,
            constant(points.iter().map(|p| 2.0 * p + 1.0).collect::<Vec<f32>>())?,
        );
        let ((), loss) = session.run((&train, &loss), &[(&x, &p), (&y, &q)])?;
        near(loss.item()?, wanted);
    }
    near(session.run(&w, &[])?.item()?, &golden["w"]);
    near(session.run(&b, &[])?.item()?, &golden["b"]);
    Ok(())
}

#[test]
fn what_is_not_fed_or_initialized_is_told() -> Result<()> {
    device_under_test();
    let graph = Graph::new();
    let _default = graph.as_default()?;
    let x = v1::placeholder(F, PlaceholderShape::from([None, Some(2)]), "points")?;
    let w = v1::get_variable("w", [2, 1], F, "ones", true)?;
    let y = matmul(&x, &w.value()?)?;
    let doubled = multiply(&x, 2.0)?;
    let mut session = Session::new(&graph);
    let value = constant([[1.0, 2.0]])?;

    let e = session.run(&doubled, &[]).expect_err("not fed");
    assert_eq!(e.kind(), ErrorKind::InvalidArgument);
    assert!(e.to_string().contains("You must feed a value for placeholder tensor 'points'"), "{e}");
    assert!(e.to_string().contains("[?,2]"), "{e}");
    let e = session.run(&y, &[(&x, &value)]).expect_err("not initialized");
    assert!(
        e.kind() == ErrorKind::FailedPrecondition && e.to_string().contains("uninitialized value w"),
        "{e}"
    );
    let e = session.run(&doubled, &[(&x, &constant([1.0])?)]).expect_err("another shape");
    assert!(e.kind() == ErrorKind::InvalidArgument && e.to_string().contains("points"), "{e}");
    // What is not needed need not be fed, and anything may be fed.
    assert_eq!(session.run(&doubled, &[(&x, &value)])?.to_vec::<f32>()?, [2.0, 4.0]);
    assert_eq!(session.run(&doubled, &[(&doubled, &value)])?.to_vec::<f32>()?, [1.0, 2.0]);
    session.run(&v1::global_variables_initializer()?, &[])?;
    let all = session.run([&y, &doubled], &[(&x, &value)])?;
    assert_eq!((all[0].to_vec::<f32>()?, all[1].to_vec::<f32>()?), (vec![3.0], vec![2.0, 4.0]));
    let e = v1::get_variable("w", [2, 1], F, "ones", true).expect_err("taken");
    assert_eq!(e.kind(), ErrorKind::InvalidArgument);
    assert!(v1::placeholder(F, vector(), "late").is_ok());
    Ok(())
}

#[test]
fn sessions_have_values_of_their_own() -> Result<()> {
    device_under_test();
    let graph = Graph::new();
    let (count, more, init) = {
        let _default = graph.as_default()?;
        let count = v1::variable(10.0, "count", false)?;
        (count.clone(), v1::assign_add(&count, 1.0)?, v1::global_variables_initializer()?)
    };
    assert!(v1::placeholder(F, vector(), "x").is_err(), "no graph is the default");
    let (mut one, mut two) = (Session::new(&graph), Session::new(&graph));
    one.run(&init, &[])?;
    one.run([&more], &[])?;
    one.run(&more, &[])?;
    two.run(&init, &[])?;
    two.run(&more, &[])?;
    assert_eq!((one.run(&count, &[])?.item::<f32>()?, two.run(&count, &[])?.item::<f32>()?), (12.0, 11.0));
    // Graphs can be built on after they were left.
    let _default = graph.as_default()?;
    assert!(graph.as_default().is_err(), "it is the default already");
    let tenfold = multiply(&count, 10.0)?;
    assert_eq!(one.run(&tenfold, &[])?.item::<f32>()?, 120.0);
    Ok(())
}

#[test]
fn branches_and_networks_in_graphs() -> Result<()> {
    device_under_test();
    let graph = Graph::new();
    let _default = graph.as_default()?;
    let x = v1::placeholder(F, PlaceholderShape::from([2]), "x")?;
    let sum = reduce_sum(&x, None, false)?;
    let y = cond(&greater(&sum, 0.0)?, || multiply(&x, 2.0), || square(&x))?;
    let d = v1::gradients(&[&y], [Source::from(&x)])?[0].clone().unwrap();
    let mut session = Session::new(&graph);
    let run = |s: &mut Session, v: [f64; 2]| -> Result<(Tensor, Tensor)> {
        s.run((&y, &d), &[(&x, &constant(v)?)])
    };
    let (a, b) = run(&mut session, [1.0, 2.0])?;
    assert_eq!((a.to_vec::<f32>()?, b.to_vec::<f32>()?), (vec![2.0, 4.0], vec![2.0, 2.0]));
    let (a, b) = run(&mut session, [-1.0, -2.0])?;
    assert_eq!((a.to_vec::<f32>()?, b.to_vec::<f32>()?), (vec![1.0, 4.0], vec![-2.0, -4.0]));

    // A classifier of two layers learns which of two numbers is larger.
    let points = v1::placeholder(F, PlaceholderShape::from([None, Some(2)]), "points")?;
    let labels = v1::placeholder(DType::Int32, vector(), "labels")?;
    let w1 =
        v1::get_variable("w1", [2, 8], F, wgflow::keras::initializers::GlorotUniform::new().seed(1), true)?;
    let w2 =
        v1::get_variable("w2", [8, 2], F, wgflow::keras::initializers::GlorotUniform::new().seed(2), true)?;
    let logits = matmul(nn::relu(matmul(&points, &w1)?)?, &w2)?;
    let loss = reduce_mean(nn::sparse_softmax_cross_entropy_with_logits(&labels, &logits)?, None, false)?;
    let train = v1::train::GradientDescentOptimizer::new(0.5).minimize(&loss, None)?;
    session.run(&v1::global_variables_initializer()?, &[])?;
    let data = array::reshape((0..64).map(|i| ((i * 37) % 64) as f32 / 64.0).collect::<Vec<_>>(), [32, 2])?;
    let flat = data.to_vec::<f32>()?;
    let wanted = constant(flat.chunks(2).map(|p| i32::from(p[0] > p[1])).collect::<Vec<i32>>())?;
    let feed = [(&points, &data), (&labels, &wanted)];
    let first = session.run(&loss, &feed)?.item::<f32>()?;
    for _ in 0..60 {
        session.run(&train, &feed)?;
    }
    let last = session.run(&loss, &feed)?.item::<f32>()?;
    assert!(last < 0.5 * first, "{first} {last}");
    Ok(())
}
