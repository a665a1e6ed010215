//! What branches and loops refuse, and what is said.

use super::constant;
use wgflow::ops::array;
use wgflow::{
    DType, ErrorKind, Result, Tensor, add, case, cast, cond, function, greater, less, map_fn, reduce_sum,
    scan, switch_case, while_loop,
};
use wgflow_tests::device::device_under_test;

/// Traces a function of a float vector of two; it must refuse with all of these words.
#[track_caller]
fn refuses(host: impl Fn(&Tensor) -> Result<Tensor> + 'static, words: &[&str]) {
    let f = function(move |x: &[Tensor]| host(&x[0]));
    let e = f.call(constant([1.0, 2.0]).unwrap()).expect_err("a refusal");
    assert_eq!(e.kind(), ErrorKind::InvalidArgument, "{e}");
    let text = e.to_string();
    assert!(words.iter().all(|w| text.contains(w)), "wanted {words:?} in {text}");
}

fn positive(x: &Tensor) -> Result<Tensor> {
    greater(reduce_sum(x, None, false)?, 0.0)
}

#[test]
fn branches_must_agree() {
    device_under_test();
    refuses(
        |x| cond(&positive(x)?, || Ok(x.clone()), || cast(x, DType::Int32)),
        &["cond", "false_fn", "float32[2], as of true_fn", "int32[2]"],
    );
    refuses(
        |x| cond(&positive(x)?, || Ok(x.clone()), || reduce_sum(x, None, false)),
        &["false_fn", "float32[2]", "float32[]"],
    );
    refuses(
        |x| Ok(cond(&positive(x)?, || Ok(vec![x.clone(), x.clone()]), || Ok(vec![x.clone()]))?.remove(0)),
        &["false_fn", "2 results", "1"],
    );
    refuses(
        |x| {
            let pair = |a: &Tensor, b: &Tensor| Ok((a.clone(), b.clone()));
            let s = reduce_sum(x, None, false)?;
            Ok(cond(&positive(x)?, || pair(x, &s), || pair(x, x))?.0)
        },
        &["false_fn result[1]", "float32[], as of true_fn", "float32[2]"],
    );
    refuses(|x| cond(x, || Ok(x.clone()), || Ok(x.clone())), &["cond", "pred", "a scalar", "float32[2]"]);
    refuses(
        |x| {
            let index = cast(reduce_sum(x, None, false)?, DType::Int32)?;
            switch_case(&index, &[&|| Ok(x.clone()), &|| cast(x, DType::Int32)], None)
        },
        &["switch_case", "branch_fns[1]", "float32[2], as of branch_fns[0]", "int32[2]"],
    );
    refuses(
        |x| switch_case(reduce_sum(x, None, false)?, &[&|| Ok(x.clone())], None),
        &["branch_index", "integer"],
    );
    refuses(|_| switch_case::<Tensor>(0, &[], None), &["branch_fns", "at least one"]);
}

#[test]
fn loop_variables_keep_their_specs() {
    device_under_test();
    let small = |x: &Tensor| less(reduce_sum(x, None, false)?, 10.0);
    refuses(
        move |x| while_loop(small, |x: &Tensor| array::concat(&[x.clone(), x.clone()], 0), x.clone(), None),
        &["while_loop", "loop_vars: wanted float32[2] after one iteration", "float32[4]"],
    );
    refuses(
        move |x| {
            let body = |(i, x): &(Tensor, Tensor)| Ok((cast(i, DType::Float32)?, x.clone()));
            Ok(while_loop(|(_, x)| small(x), body, (constant(0)?, x.clone()), None)?.1)
        },
        &["loop_vars[0]", "int32[]", "float32[]"],
    );
    refuses(
        |x| while_loop(|x| Ok(x.clone()), |x: &Tensor| Ok(x.clone()), x.clone(), None),
        &["while_loop", "cond", "a scalar", "float32[2]"],
    );
    refuses(
        |x| while_loop(|x| reduce_sum(x, None, false), |x: &Tensor| Ok(x.clone()), x.clone(), None),
        &["cond", "a bool scalar", "float32[]"],
    );
}

#[test]
fn maps_and_scans_need_slices_of_equal_number() {
    device_under_test();
    refuses(
        |x| map_fn(|e: &Tensor| Ok(e.clone()), &reduce_sum(x, None, false)?),
        &["map_fn", "elems", "rank 1"],
    );
    refuses(
        |x| {
            let both = (x.clone(), array::concat(&[x.clone(), x.clone()], 0)?);
            map_fn(|(a, _): &(Tensor, Tensor)| Ok(a.clone()), &both)
        },
        &["map_fn", "elems", "equal first dimensions"],
    );
    refuses(
        |x| scan(|_: &Tensor, e: &Tensor| cast(e, DType::Int32), x, None, false),
        &["scan", "float32[], as of the accumulated value", "int32[]"],
    );
    refuses(
        |x| {
            let step = |a: &(Tensor, Tensor), e: &Tensor| Ok((add(&a.0, e)?, a.1.clone()));
            Ok(scan(step, x, None, false)?.0)
        },
        &["scan", "initializer"],
    );
}

#[test]
fn a_case_without_a_true_condition_is_an_error_when_it_runs() -> Result<()> {
    device_under_test();
    let f = function(|x: &[Tensor]| {
        let s = reduce_sum(&x[0], None, false)?;
        let same = || Ok(x[0].clone());
        case(&[(greater(&s, 1.0)?, &same), (greater(&s, 5.0)?, &same)], None, true)
    });
    assert_eq!(f.call(constant([1.0, 2.0])?)?.to_vec::<f32>()?, [1.0, 2.0]);
    for (x, words) in [([0.0, 0.0], "a true condition"), ([3.0, 4.0], "at most one true condition")] {
        let e = f.call(constant(x)?).and_then(|y| y.to_vec::<f32>()).expect_err(words);
        assert!(e.kind() == ErrorKind::InvalidArgument && e.to_string().contains(words), "{e}");
    }
    Ok(())
}

#[test]
fn values_of_symbols_name_what_to_use() -> Result<()> {
    device_under_test();
    let f = function(
        |x: &[Tensor]| {
            if positive(&x[0])?.item::<bool>()? { Ok(x[0].clone()) } else { add(&x[0], 1.0) }
        },
    );
    let e = f.call(constant([1.0])?).expect_err("a host `if` on a symbol");
    assert_eq!(e.kind(), ErrorKind::FailedPrecondition);
    for word in ["cond", "while_loop", "switch_case", "print"] {
        assert!(e.to_string().contains(word), "{e}");
    }
    Ok(())
}
