//! Prints and checks in program order, now and inside of graphs, loops and branches.

use super::constant;
use std::sync::Arc;
use wgflow::hlo::{ById, CheckText, Graph, Prim, PrintText, ScanBody, Spec, Val};
use wgflow::tensor::emit;
use wgflow::{DType, Result, Tensor, capture_prints, function, init_scope, print, square};
use wgflow_tests::device::device_under_test;

/// Printed when the host function runs, through the same sink as what graphs print.
fn traced() -> Result<()> {
    init_scope(|| print(&[&"T"]))
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_retrace_programs() -> Result<()> {
    device_under_test();
    let f = function(|x| {
        traced()?;
        print(&[&x[0]])?;
        square(&x[0])
    });
    let (done, text) = capture_prints(|| -> Result<()> {
        for t in [constant(1)?, constant(2)?, constant(2)?, constant(0.1)?, constant(0.2)?] {
            f.call(&t)?;
        }
        Ok(())
    });
    done?;
    assert_eq!(words(&text), "T 1 2 2 T 0.1 0.2");
    let f = function(|x| {
        traced()?;
        print(&[&x[0]])?;
        square(&x[0])
    });
    let (done, text) = capture_prints(|| -> Result<()> {
        f.call(1)?;
        f.call(2)?;
        f.call(1)?;
        f.call(0.1)?;
        f.call(0.2)?;
        f.call(0.1)?;
        Ok(())
    });
    done?;
    assert_eq!(words(&text), "T 1 T 2 1 T 0.1 T 0.2 0.1");
    Ok(())
}

fn line(texts: &[&str]) -> Prim {
    let texts = texts.iter().map(|t| t.to_string()).collect();
    Prim::Print(Box::new(PrintText { texts, summarize: 3, guarded: false }))
}

/// Prints its number, fails for negative elements, gives the elements times the number.
fn branch(number: f64) -> Result<ById<Graph>> {
    let mut g = Graph::new();
    let x = g.parameter(Spec::new(DType::Int32, [2]));
    g.push_multi(line(&[&format!("branch {number}: "), "\n"]), &[x])?;
    let zero = g.zeros_like(x)?;
    let ok = g.ge(x, zero)?;
    let text = CheckText { op: format!("Branch{number}"), what: "x".into(), wanted: "no negative".into() };
    g.check(ok, x, text)?;
    let factor = g.full_like(x, number)?;
    let y = g.mul(x, factor)?;
    g.set_outputs(vec![y]);
    Ok(ById(Arc::new(g)))
}

fn taken(k: i32, x: [i32; 2]) -> (Result<Vec<i32>>, String) {
    capture_prints(|| {
        let branches = vec![branch(10.0)?, branch(20.0)?, branch(30.0)?];
        let f = function(move |x: &[Tensor]| {
            print(&[&"before"])?;
            let y = emit(Prim::Case(branches.clone()), &[&x[0], &x[1]])?.remove(0);
            print(&[&"after", &y])?;
            Ok(y)
        });
        f.call((constant(k)?, constant(x)?))?.to_vec::<i32>()
    })
}

#[test]
fn only_the_taken_branch_has_effects() -> Result<()> {
    device_under_test();
    let (y, text) = taken(1, [3, 4]);
    assert_eq!((y?, text.as_str()), (vec![60, 80], "before\nbranch 20: [3 4]\nafter [60 80]\n"));
    // Clamped on both sides, as TensorFlow's default branch is the last.
    assert_eq!(taken(-5, [1, 1]).1, "before\nbranch 10: [1 1]\nafter [10 10]\n");
    assert_eq!(taken(9, [1, 1]).0?, [30, 30]);
    let (y, _) = taken(2, [1, -1]);
    let e = y.expect_err("a check of the taken branch");
    assert!(e.to_string().contains("Branch30: x[1]"), "{e}");
    Ok(())
}

#[test]
fn loops_repeat_effects_in_order() -> Result<()> {
    device_under_test();
    let mut body = Graph::new();
    let (h, x) =
        (body.parameter(Spec::new(DType::Float32, [])), body.parameter(Spec::new(DType::Float32, [])));
    let next: Val = body.add(h, x)?;
    body.push_multi(line(&["h = ", ", x = ", "\n"]), &[next, x])?;
    body.set_outputs(vec![next]);
    let body = Arc::new(body);
    let f = function(move |x: &[Tensor]| {
        let s =
            ScanBody { body: body.clone(), trips: 3, consts: 0, carries: 1, reverse: false, primal: None };
        Ok(emit(Prim::Scan(ById(Arc::new(s))), &[&x[0], &x[1]])?.remove(0))
    });
    let (y, text) = capture_prints(|| f.call((constant(0.0)?, constant([1.0, 2.0, 3.5])?)));
    assert_eq!(y?.item::<f32>()?, 6.5);
    assert_eq!(text, "h = 1, x = 1\nh = 3, x = 2\nh = 6.5, x = 3.5\n");
    Ok(())
}
