//! One small graph or more for every differentiable primitive.

use std::sync::Arc;
use wgflow::hlo::{
    Attention, ById, Conv, ConvLayout, DotDims, Ew, GatherMode, Graph, Literal, Prim, ReduceKind, ScanBody,
    ScatterKind, Spec, Val, WindowDim,
};
use wgflow::{DType, Result, Shape};

/// Adds what is tested to a graph.
type Build = dyn Fn(&mut Graph, &[Val]) -> Result<Vec<Val>>;

/// A graph over float64 inputs sampled from ranges.
pub(super) struct Case {
    pub name: String,
    pub inputs: Vec<(Shape, (f64, f64))>,
    pub build: Box<Build>,
    /// Primitives without a second derivative by nature (piecewise constant first ones) still must differentiate.
    pub smooth: bool,
}

pub(super) fn case(
    name: &str,
    shapes: &[&[usize]],
    build: impl Fn(&mut Graph, &[Val]) -> Result<Val> + 'static,
) -> Case {
    let inputs = shapes.iter().map(|s| (Shape::from(*s), (0.5, 1.5))).collect();
    Case { name: name.into(), inputs, build: Box::new(move |g, x| Ok(vec![build(g, x)?])), smooth: true }
}

fn ints(g: &mut Graph, shape: &[usize], v: &[i64]) -> Result<Val> {
    g.constant(Literal::ints(DType::Int32, shape, v.to_vec()))
}

/// Elementwise rows, on their own domain narrowed to where differences of f64 are exact enough.
fn rows() -> Vec<Case> {
    Ew::ALL
        .iter()
        .filter(|e| e.row().float.is_some() && e.row().vjp.is_some())
        .map(|&e| {
            let row = e.row();
            let range = |i: usize| {
                let (lo, hi) = row.domain[i.min(row.domain.len() - 1)];
                (lo.max(if lo > 0.0 { lo + 0.05 } else { -3.0 }), hi.min(3.0))
            };
            // Zeta has no derivative in its exponent.
            let exponent = e == Ew::Zeta;
            let floats = row.arity - row.leading_bools - usize::from(exponent);
            let inputs = (0..floats).map(|i| (Shape::from([7]), range(i + usize::from(exponent)))).collect();
            let build = move |g: &mut Graph, x: &[Val]| {
                let mut x = x.to_vec();
                if exponent {
                    x.insert(0, g.full_like(x[0], 2.5)?);
                }
                if row.leading_bools > 0 {
                    let c = g.constant(Literal::ints(DType::Bool, [7], vec![1, 0, 0, 1, 1, 0, 1]))?;
                    x.insert(0, c);
                }
                Ok(vec![g.push(Prim::Elementwise(e), &x)?])
            };
            Case { name: row.name.into(), inputs, build: Box::new(build), smooth: true }
        })
        .collect()
}

fn window(size: usize, stride: usize, dilation: usize, low: i64, high: i64) -> WindowDim {
    WindowDim { size, stride, dilation, low, high }
}

fn windows() -> Vec<Case> {
    let layouts = [
        ("plain", [window(2, 2, 1, 0, 0), window(2, 1, 1, 0, 0)]),
        ("padded", [window(3, 2, 1, 1, 1), window(2, 1, 1, 0, 1)]),
        ("dilated", [window(2, 1, 2, 1, 0), window(3, 2, 1, 2, 1)]),
    ];
    let mut all = vec![];
    for (name, w) in layouts {
        for kind in [ReduceKind::Sum, ReduceKind::Prod, ReduceKind::Max, ReduceKind::Min] {
            all.push(case(&format!("reduce_window {kind:?} {name}"), &[&[6, 5]], move |g, x| {
                g.reduce_window(kind, x[0], &w)
            }));
        }
        let count: Vec<usize> = [6, 5].iter().zip(&w).map(|(&n, w)| w.count(n)).collect();
        all.push(case(&format!("select_and_scatter {name}"), &[&[6, 5], &count], move |g, x| {
            g.select_and_scatter(x[0], x[1], true, &w)
        }));
    }
    all
}

fn conv(window: Vec<WindowDim>, feature_groups: usize, batch_groups: usize, lhs_dilation: usize) -> Conv {
    let n = window.len();
    Conv {
        lhs_dilation: std::iter::repeat_n(lhs_dilation, n).collect(),
        window,
        lhs: ConvLayout::channels_last(n),
        rhs: ConvLayout::kernel(n),
        out: ConvLayout::channels_last(n),
        feature_groups,
        batch_groups,
    }
}

/// Attention, plain, causal, and with masks; one leaves out all keys of a query.
fn attention() -> Vec<Case> {
    let whole = |name: &str, causal: bool, mask: Option<&'static [i64]>, columns: usize| {
        let shapes = [[2, 3, 2, 6], [2, 5, 2, 6], [2, 5, 2, columns]];
        let build = move |g: &mut Graph, x: &[Val]| {
            let mut x = x.to_vec();
            if let Some(m) = mask {
                let m = g.constant(Literal::ints(DType::Bool, [3, 5], m.to_vec()))?;
                x.push(g.broadcast_in_dim(m, [2, 2, 3, 5], &[2, 3])?);
            }
            Ok(vec![g.attention(Attention::new(0.7, causal), &x)?])
        };
        let inputs = shapes.iter().map(|s| (Shape::from(*s), (-1.5, 1.5))).collect();
        Case { name: format!("attention {name}"), inputs, build: Box::new(build), smooth: true }
    };
    let alone = |name: &str, causal: bool, shapes: [[usize; 4]; 3]| {
        let build = move |g: &mut Graph, x: &[Val]| Ok(vec![g.attention(Attention::new(0.4, causal), x)?]);
        let inputs = shapes.iter().map(|s| (Shape::from(*s), (-1.5, 1.5))).collect();
        Case { name: format!("attention {name}"), inputs, build: Box::new(build), smooth: true }
    };
    // The derivatives of what a derivative is made of.
    let (q, k, v) = ([1, 3, 2, 5], [1, 6, 2, 5], [1, 6, 2, 3]);
    let (y, rows) = ([1, 3, 2, 3], [1, 2, 3, 3]);
    let adjoint = |name: &str, prim: Prim, inputs: [[usize; 4]; 5]| {
        let build = move |g: &mut Graph, x: &[Val]| Ok(g.push_multi(prim.clone(), x)?.to_vec());
        let inputs = inputs.iter().map(|s| (Shape::from(*s), (0.5, 1.5))).collect();
        Case { name: format!("attention {name}"), inputs, build: Box::new(build), smooth: true }
    };
    let a = Attention::new(0.6, true);
    vec![
        adjoint("of queries", Prim::AttentionQueries(a), [q, k, v, y, y]),
        adjoint("of keys", Prim::AttentionKeys(a), [q, k, v, y, rows]),
        adjoint(
            "of keys of all queries",
            Prim::AttentionKeys(Attention::new(0.5, false)),
            [q, k, v, y, rows],
        ),
        alone("of one head", true, [[1, 9, 1, 8]; 3]),
        alone("of many columns", false, [[1, 2, 1, 4], [1, 3, 1, 4], [1, 3, 1, 66]]),
        whole("plain", false, None, 4),
        whole("causal", true, None, 3),
        whole("masked", false, Some(&[1, 0, 1, 1, 0, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1]), 4),
        whole("masked and causal", true, Some(&[1, 1, 1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1]), 4),
    ]
}

fn contractions() -> Vec<Case> {
    let dims = |lb: &[usize], rb: &[usize], lc: &[usize], rc: &[usize]| DotDims {
        lhs_batch: lb.into(),
        rhs_batch: rb.into(),
        lhs_contract: lc.into(),
        rhs_contract: rc.into(),
    };
    let (plain, batched, crossed) =
        (dims(&[], &[], &[1], &[0]), dims(&[1], &[0], &[2], &[2]), dims(&[], &[], &[2, 0], &[1, 2]));
    vec![
        case("dot", &[&[3, 4], &[4, 2]], move |g, x| g.dot_general(x[0], x[1], plain.clone())),
        case("dot batched", &[&[3, 2, 4], &[2, 5, 4]], move |g, x| {
            g.dot_general(x[0], x[1], batched.clone())
        }),
        case("dot over two crossed dimensions", &[&[2, 3, 4], &[5, 4, 2]], move |g, x| {
            g.dot_general(x[0], x[1], crossed.clone())
        }),
        case("conv 2d", &[&[2, 5, 4, 2], &[3, 2, 2, 3]], |g, x| {
            g.convolution(x[0], x[1], conv(vec![window(3, 1, 1, 1, 1), window(2, 1, 1, 0, 1)], 1, 1, 1))
        }),
        case("conv 2d strided", &[&[1, 6, 5, 2], &[3, 3, 2, 2]], |g, x| {
            g.convolution(x[0], x[1], conv(vec![window(3, 2, 1, 0, 1), window(3, 2, 1, 1, 1)], 1, 1, 1))
        }),
        case("conv 1d dilated", &[&[2, 9, 2], &[3, 2, 2]], |g, x| {
            g.convolution(x[0], x[1], conv(vec![window(3, 1, 2, 1, 2)], 1, 1, 1))
        }),
        case("conv 1d input dilated", &[&[2, 4, 2], &[3, 2, 2]], |g, x| {
            g.convolution(x[0], x[1], conv(vec![window(3, 1, 1, 2, 1)], 1, 1, 3))
        }),
        case("conv 2d in feature groups", &[&[2, 4, 4, 4], &[2, 2, 2, 6]], |g, x| {
            g.convolution(x[0], x[1], conv(vec![window(2, 2, 1, 0, 0), window(2, 1, 1, 0, 1)], 2, 1, 1))
        }),
        case("conv 1d in batch groups", &[&[4, 5, 2], &[2, 2, 6]], |g, x| {
            g.convolution(x[0], x[1], conv(vec![window(2, 2, 1, 1, 0)], 1, 2, 1))
        }),
    ]
}

fn views() -> Vec<Case> {
    vec![
        case("convert", &[&[5]], |g, x| {
            let y = g.convert(x[0], DType::Float32)?;
            let y = g.mul(y, y)?;
            g.convert(y, DType::Float64)
        }),
        case("reshape", &[&[2, 6]], |g, x| g.reshape(x[0], [3, 4])),
        case("broadcast", &[&[3, 1, 2]], |g, x| g.broadcast_in_dim(x[0], [2, 4, 5, 3], &[3, 1, 0])),
        case("transpose", &[&[2, 3, 4]], |g, x| g.transpose(x[0], &[2, 0, 1])),
        case("reverse", &[&[3, 4]], |g, x| g.reverse(x[0], &[1])),
        case("slice", &[&[7, 5]], |g, x| g.slice(x[0], &[1, 0], &[7, 4], &[2, 3])),
        case("slice to nothing", &[&[7]], |g, x| g.slice(x[0], &[2], &[2], &[1])),
        case("pad", &[&[3, 4], &[]], |g, x| g.pad(x[0], x[1], &[1, -1], &[0, 2], &[2, 0])),
        case("concatenate", &[&[2, 3], &[2, 1], &[2, 2]], |g, x| g.concatenate(x, 1)),
        case("dynamic_slice", &[&[5, 4]], |g, x| {
            let start = g.i32_vector(&[2, 9])?;
            g.dynamic_slice(x[0], start, &[2, 3])
        }),
        case("dynamic_update_slice", &[&[5, 4], &[2, 3]], |g, x| {
            let start = g.i32_vector(&[-1, 1])?;
            g.dynamic_update_slice(x[0], x[1], start)
        }),
    ]
}

fn gathers() -> Vec<Case> {
    let mut all = vec![];
    for mode in [GatherMode::Clip, GatherMode::Fill] {
        all.push(case(&format!("gather {mode:?}"), &[&[4, 3]], move |g, x| {
            let i = ints(g, &[2, 3, 1], &[0, 3, 3, -1, 7, 1])?;
            g.gather(x[0], i, &[0], 0, mode)
        }));
    }
    all.push(case("gather nd in batches", &[&[2, 3, 4, 2]], |g, x| {
        let i = ints(g, &[2, 3, 2], &[0, 0, 1, 3, 2, 2, 0, 1, 1, 1, 1, 1])?;
        g.gather(x[0], i, &[2, 1], 1, GatherMode::Fill)
    }));
    for kind in [ReduceKind::Sum, ReduceKind::Prod, ReduceKind::Max, ReduceKind::Min]
        .map(ScatterKind::Combine)
        .into_iter()
        .chain([ScatterKind::Set])
    {
        all.push(case(&format!("scatter {kind:?}"), &[&[4, 2], &[3, 2]], move |g, x| {
            let i = ints(g, &[3, 1], &[3, 1, 9])?;
            g.scatter(kind, x[0], i, x[1], &[0], 0)
        }));
    }
    for kind in
        [ScatterKind::Combine(ReduceKind::Sum), ScatterKind::Combine(ReduceKind::Prod), ScatterKind::Set]
    {
        all.push(case(&format!("scatter {kind:?} twice to a place"), &[&[4, 2], &[3, 2]], move |g, x| {
            let i = ints(g, &[3, 1], &[1, 3, 1])?;
            g.scatter(kind, x[0], i, x[1], &[0], 0)
        }));
    }
    all
}

fn reductions() -> Vec<Case> {
    let mut all = vec![];
    for kind in [ReduceKind::Sum, ReduceKind::Prod, ReduceKind::Max, ReduceKind::Min] {
        all.push(case(&format!("reduce {kind:?}"), &[&[3, 4, 2]], move |g, x| g.reduce(kind, x[0], &[0, 2])));
    }
    for (exclusive, reverse) in [(false, false), (true, false), (false, true), (true, true)] {
        for kind in [ReduceKind::Sum, ReduceKind::Prod] {
            all.push(case(
                &format!("cumulative {kind:?} {exclusive} {reverse}"),
                &[&[2, 4, 2]],
                move |g, x| g.cumulative(kind, x[0], 1, exclusive, reverse),
            ));
        }
    }
    all.push(case("sort", &[&[3, 4], &[3, 4]], |g, x| Ok(g.sort(&[x[0], x[1]], 1, true)?[1])));
    all.push(case("top_k", &[&[3, 5]], |g, x| Ok(g.top_k(x[0], 2)?.0)));
    all
}

fn structures() -> Vec<Case> {
    let f64s = |n: usize| Spec::new(DType::Float64, [n]);
    let branch = move |factor: f64| {
        let mut b = Graph::new();
        let (x, y) = (b.parameter(f64s(3)), b.parameter(f64s(3)));
        let p =
            b.mul(x, y).and_then(|p| b.sin(p)).and_then(|p| b.full_like(p, factor).and_then(|f| b.mul(p, f)));
        b.set_outputs(vec![p.unwrap()]);
        ById(Arc::new(b))
    };
    let branches = vec![branch(1.0), branch(-2.0)];
    let case_of = case("case", &[&[3], &[3]], move |g, x| {
        let one = g.scalar(DType::Int32, 1.0)?;
        g.push(Prim::Case(branches.clone()), &[one, x[0], x[1]])
    });
    // h' = tanh(w h + x), y = h' h
    let mut body = Graph::new();
    let (w, h, x) = (body.parameter(f64s(2)), body.parameter(f64s(2)), body.parameter(f64s(2)));
    let step = |b: &mut Graph| -> Result<(Val, Val)> {
        let p = b.mul(w, h)?;
        let p = b.add(p, x)?;
        let next = b.tanh(p)?;
        Ok((next, b.mul(next, h)?))
    };
    let (next, y) = step(&mut body).unwrap();
    body.set_outputs(vec![next, y]);
    let body = Arc::new(body);
    let scan = move |reverse: bool, output: usize| {
        let body = body.clone();
        case(&format!("scan, reverse {reverse}, output {output}"), &[&[2], &[2], &[4, 2]], move |g, x| {
            let s = ScanBody { body: body.clone(), trips: 4, consts: 1, carries: 1, reverse, primal: None };
            Ok(g.push_multi(Prim::Scan(ById(Arc::new(s))), x)?[output])
        })
    };
    let barrier = case("optimization_barrier", &[&[3]], |g, x| {
        let y = g.push(Prim::OptimizationBarrier, x)?;
        g.exp(y)
    });
    vec![case_of, scan(false, 0), scan(false, 1), scan(true, 1), barrier]
}

/// All of them.
pub(super) fn all() -> Vec<Case> {
    [
        rows(),
        windows(),
        contractions(),
        attention(),
        views(),
        gathers(),
        reductions(),
        structures(),
        super::loops::all(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
