//! Contractions and convolutions by their definition.

use super::build;
use crate::hlo::literal::Literal;
use crate::hlo::prim::{Conv, DotDims, Prim, Spec};
use crate::shape::{Dims, Shape};

pub(super) fn apply(prim: &Prim, out: &Spec, x: &[&Literal]) -> Literal {
    let pairs: Box<dyn Fn(usize) -> Vec<(usize, usize)>> = match prim {
        Prim::DotGeneral(d) => dot(d, &out.shape, &x[0].shape, &x[1].shape),
        Prim::Convolution(c) => convolution(c, &out.shape, &x[0].shape, &x[1].shape),
        _ => Box::new(|_| vec![]),
    };
    build(
        out.dtype,
        &out.shape,
        |i| {
            pairs(i)
                .iter()
                .fold(0i64, |s, &(a, b)| s.wrapping_add(x[0].i64_at(a).wrapping_mul(x[1].i64_at(b))))
        },
        |i| pairs(i).iter().map(|&(a, b)| x[0].f64_at(a) * x[1].f64_at(b)).sum(),
    )
}

type Pairs<'a> = Box<dyn Fn(usize) -> Vec<(usize, usize)> + 'a>;

fn dot<'a>(d: &'a DotDims, out: &'a Shape, l: &'a Shape, r: &'a Shape) -> Pairs<'a> {
    let (ls, rs) = (l.strides(), r.strides());
    let free = |s: &Shape, a: &[usize], b: &[usize]| -> Dims {
        (0..s.rank()).filter(|k| !a.contains(k) && !b.contains(k)).collect()
    };
    let (lf, rf) = (free(l, &d.lhs_batch, &d.lhs_contract), free(r, &d.rhs_batch, &d.rhs_contract));
    let contracted: Shape = d.lhs_contract.iter().map(|&k| l[k]).collect();
    Box::new(move |i| {
        let at = out.unravel(i);
        let (b, m) = (d.lhs_batch.len(), lf.len());
        let dot = |dims: &[usize], strides: &[usize], at: &[usize]| {
            dims.iter().zip(at).map(|(&k, &i)| strides[k] * i).sum::<usize>()
        };
        let base_l = dot(&d.lhs_batch, &ls, &at) + dot(&lf, &ls, &at[b..]);
        let base_r = dot(&d.rhs_batch, &rs, &at) + dot(&rf, &rs, &at[b + m..]);
        (0..contracted.size())
            .map(|k| {
                let k = contracted.unravel(k);
                (base_l + dot(&d.lhs_contract, &ls, &k), base_r + dot(&d.rhs_contract, &rs, &k))
            })
            .collect()
    })
}

fn convolution<'a>(c: &'a Conv, out: &'a Shape, l: &'a Shape, r: &'a Shape) -> Pairs<'a> {
    let (ls, rs) = (l.strides(), r.strides());
    let positions: Shape = c.rhs.spatial.iter().map(|&k| r[k]).collect();
    let per_group = r[c.rhs.major];
    let batch = out[c.out.major];
    Box::new(move |i| {
        let at = out.unravel(i);
        let o = at[c.out.minor];
        let group = |groups: usize| o / (r[c.rhs.minor] / groups).max(1);
        let n = at[c.out.major] + if c.batch_groups > 1 { group(c.batch_groups) * batch } else { 0 };
        let first = if c.feature_groups > 1 { group(c.feature_groups) * per_group } else { 0 };
        let mut pairs = vec![];
        for p in 0..positions.size() {
            let p = positions.unravel(p);
            let mut a = n * ls[c.lhs.major];
            let mut b = o * rs[c.rhs.minor];
            let inside = (0..p.len()).all(|d| {
                let (w, dil) = (&c.window[d], c.lhs_dilation[d] as i64);
                let y = (at[c.out.spatial[d]] * w.stride + p[d] * w.dilation) as i64 - w.low;
                let ok = y >= 0 && y % dil == 0 && y / dil < l[c.lhs.spatial[d]] as i64;
                if ok {
                    a += (y / dil) as usize * ls[c.lhs.spatial[d]];
                    b += p[d] * rs[c.rhs.spatial[d]];
                }
                ok
            });
            if inside {
                pairs.extend(
                    (0..per_group).map(|k| (a + (first + k) * ls[c.lhs.minor], b + k * rs[c.rhs.major])),
                );
            }
        }
        pairs
    })
}
