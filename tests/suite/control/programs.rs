//! The programs of tests/goldens/control.py, by name.

use super::constant;
use wgflow::ops::array;
use wgflow::{
    DType, IntoTensor, Result, Tensor, TensorArray, Variable, abs, add, case, cast, cond, cos, divide, exp,
    foldl, foldr, function, greater, less, map_fn, multiply, print, reduce_prod, reduce_sum, scan, sin,
    square, subtract, switch_case, tanh, while_loop,
};

pub(super) type Program = fn(&Tensor, &Tensor, &Variable) -> Result<Tensor>;

pub(super) const ALL: &[(&str, Program)] = &[
    ("cond_taken", cond_taken),
    ("cond_not_taken", cond_not_taken),
    ("cond_nested", cond_nested),
    ("cond_effects", cond_effects),
    ("switch_index", switch_index),
    ("switch_default", switch_default),
    ("case_first", case_first),
    ("while_values", |x, w, _| grow(x, w, 20.0, None)),
    ("while_limit", |x, w, _| grow(x, w, 1e9, Some(3))),
    ("while_no_trips", |x, w, _| multiply(grow(x, w, -100.0, None)?, w)),
    ("while_counter", while_counter),
    ("while_nested", while_nested),
    ("while_nested_values", while_nested_values),
    ("while_in_cond", |x, w, _| cond(&positive(x)?, || grow(x, w, 15.0, None), || grow(x, w, 1e30, None))),
    ("cond_in_while", cond_in_while),
    ("while_effects", while_effects),
    ("while_reads_variable", while_reads_variable),
    ("map_plain", |x, w, _| map_fn(|e: &Tensor| add(square(e)?, multiply(e, at(w, 0)?)?), x)),
    ("map_pairs", map_pairs),
    ("map_while", map_while),
    ("scan_plain", |x, w, _| scan(|a: &Tensor, e: &Tensor| add(multiply(a, e)?, at(w, 1)?), x, None, false)),
    ("scan_initializer", |x, w, _| {
        let step = |a: &Tensor, e: &Tensor| tanh(add(multiply(a, w)?, e)?);
        at(&scan(step, x, w.clone(), false)?, 2)
    }),
    ("scan_reverse", |x, w, _| {
        let step = |a: &Tensor, e: &Tensor| add(multiply(a, 0.5)?, square(e)?);
        scan(step, &multiply(x, w)?, constant(1.0f32)?, true)
    }),
    ("scan_reverse_plain", |x, w, _| {
        scan(|a: &Tensor, e: &Tensor| add(multiply(a, e)?, at(w, 1)?), x, None, true)
    }),
    ("folds", folds),
    ("scan_effects", scan_effects),
    ("array_while", array_while),
    ("array_dynamic", array_dynamic),
    ("array_reads", array_reads),
    ("array_values", array_values),
    ("array_parts", array_parts),
    ("functions", functions),
];

fn sum(x: &Tensor) -> Result<Tensor> {
    reduce_sum(x, None, false)
}

fn at(x: &Tensor, i: i64) -> Result<Tensor> {
    array::gather(x, i, 0, 0)
}

fn positive(x: &Tensor) -> Result<Tensor> {
    greater(at(x, 0)?, 0.0)
}

fn grow(h: &Tensor, w: &Tensor, bound: f64, limit: Option<usize>) -> Result<Tensor> {
    while_loop(
        |h| less(sum(h)?, bound),
        |h: &Tensor| add(multiply(h, 1.5)?, sin(multiply(w, h)?)?),
        h.clone(),
        limit,
    )
}

fn cond_taken(x: &Tensor, w: &Tensor, _: &Variable) -> Result<Tensor> {
    cond(&greater(sum(x)?, 0.0)?, || multiply(x, w), || subtract(x, multiply(w, w)?))
}

fn cond_not_taken(x: &Tensor, w: &Tensor, _: &Variable) -> Result<Tensor> {
    cond(&less(sum(x)?, 0.0)?, || multiply(x, w), || subtract(x, multiply(w, w)?))
}

fn cond_nested(x: &Tensor, w: &Tensor, _: &Variable) -> Result<Tensor> {
    let inner = || cond(&greater(at(w, 0)?, 10.0)?, || exp(x), || tanh(multiply(x, w)?));
    multiply(cond(&less(at(x, 0)?, 5.0)?, inner, || Ok(x.clone()))?, x)
}

fn cond_effects(x: &Tensor, _: &Tensor, v: &Variable) -> Result<Tensor> {
    let yes = || {
        print(&[&"yes", &sum(&v.value()?)?])?;
        v.assign(add(v, x)?)?;
        multiply(x, v)
    };
    let no = || {
        print(&[&"no"])?;
        v.assign(multiply(v, 100.0)?)?;
        Ok(x.clone())
    };
    let a = cond(&positive(x)?, yes, no)?;
    let b = cond(&less(at(x, 0)?, 0.0)?, yes, no)?;
    print(&[&"after", &a, &b])?;
    add(&a, multiply(&b, v)?)
}

fn switch_index(x: &Tensor, w: &Tensor, _: &Variable) -> Result<Tensor> {
    let index = subtract(cast(sum(x)?, DType::Int32)?, 1)?;
    let one = || multiply(multiply(x, x)?, w);
    switch_case(&index, &[&|| Ok(x.clone()), &one, &|| sin(x)], None)
}

fn switch_default(x: &Tensor, w: &Tensor, _: &Variable) -> Result<Tensor> {
    let index = subtract(cast(sum(x)?, DType::Int32)?, 20)?;
    let same = || Ok(x.clone());
    let squared = || multiply(x, x);
    let cubed = || multiply(multiply(x, x)?, x);
    let default = || multiply(multiply(x, w)?, w);
    let y = switch_case(&index, &[&squared, &same], Some(&default))?;
    add(y, switch_case(&index, &[&same, &cubed], None)?)
}

fn case_first(x: &Tensor, w: &Tensor, _: &Variable) -> Result<Tensor> {
    let s = sum(x)?;
    let (same, second, third) = (|| Ok(x.clone()), || multiply(multiply(x, x)?, w), || multiply(x, 7.0));
    let y = case(
        &[(less(&s, 0.0)?, &same), (greater(&s, 0.0)?, &second), (greater(&s, 1.0)?, &third)],
        None,
        false,
    )?;
    add(y, case(&[(less(&s, 0.0)?, &same)], Some(&|| cos(x)), false)?)
}

type Counted = (Tensor, Tensor, Tensor);

fn while_counter(x: &Tensor, w: &Tensor, _: &Variable) -> Result<Tensor> {
    let body = |(i, h, s): &Counted| {
        let weighted = multiply(cast(i, DType::Float32)?, square(h)?)?;
        Ok((add(i, 1)?, tanh(multiply(h, w)?)?, add(s, weighted)?))
    };
    let (_, h, s) = while_loop(|(i, ..)| less(i, 4), body, (constant(0)?, x.clone(), x.clone()), None)?;
    add(h, s)
}

fn while_nested(x: &Tensor, w: &Tensor, _: &Variable) -> Result<Tensor> {
    let body = |(i, h): &(Tensor, Tensor)| {
        let h = grow(h, w, 8.0, None)?;
        Ok((add(i, 1)?, multiply(tanh(multiply(h, 0.2)?)?, x)?))
    };
    Ok(while_loop(|(i, _)| less(i, 3), body, (constant(0)?, x.clone()), None)?.1)
}

fn while_nested_values(x: &Tensor, w: &Tensor, _: &Variable) -> Result<Tensor> {
    let body = |h: &Tensor| multiply(grow(&multiply(h, 0.1)?, w, 6.0, None)?, 1.3);
    while_loop(|h| less(sum(&square(h)?)?, 60.0), body, x.clone(), 4)
}

fn cond_in_while(x: &Tensor, w: &Tensor, _: &Variable) -> Result<Tensor> {
    let trips = cast(sum(&multiply(x, 2.0)?)?, DType::Int32)?;
    let body = |(i, h): &(Tensor, Tensor)| {
        let large = greater(sum(h)?, 5.0)?;
        Ok((add(i, 1)?, cond(&large, || multiply(h, 0.5), || add(h, multiply(w, x)?))?))
    };
    Ok(while_loop(|(i, _)| less(i, &trips), body, (constant(0)?, x.clone()), None)?.1)
}

fn while_effects(x: &Tensor, _: &Tensor, v: &Variable) -> Result<Tensor> {
    let body = |h: &Tensor| {
        v.assign(multiply(v, 1.25)?)?;
        print(&[&"h =", &sum(h)?])?;
        multiply(h, v)
    };
    let h = while_loop(|h| less(sum(h)?, 20.0), body, x.clone(), None)?;
    print(&[&"v =", v])?;
    multiply(h, v)
}

fn while_reads_variable(x: &Tensor, w: &Tensor, v: &Variable) -> Result<Tensor> {
    while_loop(
        |h| less(sum(h)?, multiply(sum(&v.value()?)?, 5.0)?),
        |h: &Tensor| add(multiply(h, v)?, w),
        x.clone(),
        None,
    )
}

fn map_pairs(x: &Tensor, w: &Tensor, _: &Variable) -> Result<Tensor> {
    let f = |(x, w): &(Tensor, Tensor)| Ok((multiply(x, w)?, subtract(x, w)?));
    let (a, b) = map_fn(f, &(x.clone(), w.clone()))?;
    multiply(a, b)
}

fn map_while(x: &Tensor, w: &Tensor, _: &Variable) -> Result<Tensor> {
    let root = |a: &Tensor| {
        while_loop(
            |r| greater(abs(subtract(square(r)?, a)?)?, 1e-3),
            |r: &Tensor| multiply(add(r, divide(a, r)?)?, 0.5),
            add(a, 1.0)?,
            None,
        )
    };
    map_fn(root, &add(square(x)?, square(w)?)?)
}

fn folds(x: &Tensor, w: &Tensor, _: &Variable) -> Result<Tensor> {
    let step = |k: i64| move |a: &Tensor, e: &Tensor| add(multiply(a, at(w, k)?)?, square(e)?);
    let left: Tensor = foldl(step(0), x, None)?;
    let right = foldr(step(1), x, constant(0.5f32)?)?;
    add(multiply(x, left)?, multiply(w, right)?)
}

fn scan_effects(x: &Tensor, w: &Tensor, v: &Variable) -> Result<Tensor> {
    let step = |a: &Tensor, e: &Tensor| {
        v.assign(add(v, e)?)?;
        print(&[&"e", e])?;
        add(a, multiply(v, e)?)
    };
    multiply(at(&scan(step, x, w.clone(), false)?, 1)?, v)
}

type Filling = (Tensor, Tensor, TensorArray);

fn array_while(x: &Tensor, w: &Tensor, _: &Variable) -> Result<Tensor> {
    let body = |(i, h, ta): &Filling| Ok((add(i, 1)?, tanh(multiply(h, w)?)?, ta.write(i, square(h)?)?));
    let start = (constant(0)?, x.clone(), TensorArray::new(DType::Float32, 4));
    let (_, h, ta) = while_loop(|(i, ..)| less(i, 4), body, start, None)?;
    let weights = [[1.0], [2.0], [3.0], [4.0]].into_tensor(None)?;
    add(h, reduce_sum(multiply(ta.stack()?, weights)?, 0, false)?)
}

fn array_dynamic(x: &Tensor, w: &Tensor, _: &Variable) -> Result<Tensor> {
    let body = |(i, h, ta): &Filling| Ok((add(i, 1)?, multiply(h, w)?, ta.write(i, sin(h)?)?));
    let start = (constant(0)?, x.clone(), TensorArray::new(DType::Float32, 0).dynamic_size(true));
    let (_, _, ta) = while_loop(|(i, ..)| less(i, 3), body, start, None)?;
    multiply(reduce_prod(ta.stack()?, 0, false)?, cast(ta.size()?, DType::Float32)?)
}

fn array_reads(x: &Tensor, w: &Tensor, _: &Variable) -> Result<Tensor> {
    let ta = TensorArray::new(DType::Float32, 3).unstack(x)?;
    let body = |(i, s): &(Tensor, Tensor)| Ok((add(i, 1)?, add(multiply(s, w)?, ta.read(subtract(2, i)?)?)?));
    let (_, s) = while_loop(|(i, _)| less(i, 3), body, (constant(0)?, x.clone()), None)?;
    add(s, sum(&ta.gather([2, 0])?)?)
}

fn array_values(x: &Tensor, w: &Tensor, _: &Variable) -> Result<Tensor> {
    let body = |(i, h, ta): &Filling| Ok((add(i, 1)?, add(multiply(h, 1.5)?, w)?, ta.write(i, h)?));
    let ta = TensorArray::new(DType::Float32, 8).element_shape([3]);
    let (i, h, ta) = while_loop(|(_, h, _)| less(sum(h)?, 25.0), body, (constant(0)?, x.clone(), ta), None)?;
    add(multiply(h, ta.read(subtract(i, 1)?)?)?, ta.read(0)?)
}

fn array_parts(x: &Tensor, w: &Tensor, _: &Variable) -> Result<Tensor> {
    let joined = array::concat(&[x.clone(), w.clone()], 0)?;
    let ta = TensorArray::new(DType::Float32, 2).infer_shape(false).split(joined, &[2, 4])?;
    let (a, b) = (ta.read(0)?, ta.read(1)?);
    let rows = array::stack(&[x.clone(), w.clone(), multiply(x, w)?], 0)?;
    let flat = TensorArray::new(DType::Float32, 3).scatter([2, 0, 1], rows)?.concat()?;
    let part = |from: i64| array::slice(&flat, [from], [3]);
    let y = add(multiply(part(0)?, part(3)?)?, multiply(part(6)?, sum(&a)?)?)?;
    add(y, array::slice(&b, [1], [3])?)
}

fn functions(x: &Tensor, w: &Tensor, _: &Variable) -> Result<Tensor> {
    let inner = std::rc::Rc::new(function(|x: &[Tensor]| multiply(sin(&x[0])?, &x[1])));
    let (within, held) = (inner.clone(), w.clone());
    let outer = function(move |a: &[Tensor]| {
        let twice = within.call([&within.call([&a[0], &a[0]])?, &held])?;
        add(within.call([&a[0], &held])?, twice)
    });
    multiply(outer.call(x)?, inner.call([w, x])?)
}
