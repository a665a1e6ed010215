//! Random graphs: compiled as a whole and by parts they mean what the exact evaluator says.

use super::device::{Adapt, compare};
use std::sync::Arc;
use wgflow::hlo::{
    ById, DotDims, Ew, GatherMode, Graph, Literal, Prim, ReduceKind, ScanBody, ScatterKind, Spec, Val,
    WhileBody,
};
use wgflow::{DType, Result, Shape};
use wgflow_tests::device::device_under_test;
use wgflow_tests::rng::Rng;

const MAX_ELEMENTS: usize = 3000;

/// Grows a graph at random. Floats are kept within [-1, 1] or so, so that no rounding error grows large.
struct Grower {
    g: Graph,
    rng: Rng,
    values: Vec<Val>,
    /// How many branches and loops are around it.
    depth: usize,
}

impl Grower {
    fn pick(&mut self, wanted: impl Fn(&Spec) -> bool) -> Option<Val> {
        let fitting: Vec<Val> = self.values.iter().copied().filter(|&v| wanted(self.g.spec(v))).collect();
        // Later values are taken more often, so that graphs grow deep as well as wide.
        let n = fitting.len();
        (n > 0).then(|| fitting[n - 1 - self.rng.below(n).min(self.rng.below(n))])
    }

    fn float(&mut self) -> Val {
        self.pick(|s| s.dtype == DType::Float32).unwrap()
    }

    fn shape(&mut self) -> Shape {
        let rank = self.rng.below(5);
        let sizes = [1, 2, 3, 4, 5, 8, 12];
        (0..rank).map(|_| sizes[self.rng.below(sizes.len())]).collect()
    }

    fn bounded(&mut self, v: Val) -> Result<Val> {
        self.g.tanh(v)
    }

    /// A value of `like`'s shape and dtype, from another by broadcasting where that is possible.
    fn partner(&mut self, like: Val) -> Result<Val> {
        let spec = self.g.spec(like).clone();
        let Some(other) = self.pick(|s| s.dtype == spec.dtype) else { return Ok(like) };
        let shape = self.g.shape(other).clone();
        let skip = spec.shape.rank().checked_sub(shape.rank());
        let fits = skip.is_some_and(|k| shape.iter().zip(&spec.shape[k..]).all(|(&a, &b)| a == b || a == 1));
        if fits { self.g.broadcast_to(other, &spec.shape) } else { Ok(like) }
    }

    /// A small graph from values of `inputs` to some of the spec of `like`, which grows by itself.
    fn inner(&mut self, inputs: &[Spec], outputs: &[Spec]) -> Result<Arc<Graph>> {
        let seed = self.rng.below(1 << 20) as u64;
        let mut this = Grower { g: Graph::new(), rng: Rng::new(seed), values: vec![], depth: self.depth + 1 };
        let x: Vec<Val> = inputs.iter().map(|s| this.g.parameter(s.clone())).collect();
        this.values = x.clone();
        for _ in 0..2 + this.rng.below(5) {
            this.step()?;
        }
        let mut outs = vec![];
        for spec in outputs {
            // Steady maps only: what a loop repeats must not jump by rounding.
            let fits = |s: &Spec| s == spec;
            let v = if is_steady(&this.g) { this.pick(fits) } else { None };
            let v = v.or_else(|| x.iter().copied().find(|&v| this.g.spec(v) == spec)).unwrap();
            let half = this.g.full_like(v, 0.5)?;
            outs.push(this.g.mul(v, half)?);
        }
        this.g.set_outputs(outs);
        Ok(Arc::new(this.g.pruned()))
    }

    /// A branch, a scan or a loop with a condition on its trips, on `x` and another value.
    fn structure(&mut self, x: Val) -> Result<Val> {
        let float = |g: &Graph, v: Val| g.dtype(v) == DType::Float32 && g.shape(v).size() <= 200;
        let other = self.values.iter().copied().find(|&v| float(&self.g, v)).unwrap_or(x);
        if self.depth > 1 {
            return self.g.neg(x);
        }
        let (of_x, of_other) = (self.g.spec(x).clone(), self.g.spec(other).clone());
        let int = Spec::new(DType::Int32, ());
        match self.rng.below(3) {
            0 => {
                let inputs = [of_other, of_x.clone()];
                let n = 1 + self.rng.below(3);
                let mut branches = vec![];
                for _ in 0..n {
                    branches.push(ById(self.inner(&inputs, std::slice::from_ref(&of_x))?));
                }
                let at = self.g.scalar(DType::Int32, self.rng.below(n + 2) as f64 - 1.0)?;
                self.g.push(Prim::Case(branches), &[at, other, x])
            }
            1 if of_other.shape.rank() > 0 => {
                let slice = Spec::new(DType::Float32, &of_other.shape[1..]);
                let inputs = [of_x.clone(), of_x.clone(), slice];
                let body = self.inner(&inputs, &[of_x.clone(), of_x])?;
                let (trips, reverse) = (of_other.shape[0], self.rng.below(2) == 0);
                let s = ScanBody { body, trips, consts: 1, carries: 1, reverse, primal: None };
                let r = self.g.push_multi(Prim::Scan(ById(Arc::new(s))), &[x, x, other])?;
                let stacked = r[1];
                if self.g.shape(stacked).size() <= MAX_ELEMENTS {
                    self.values.push(stacked);
                }
                Ok(r[0])
            }
            _ => {
                // The number of trips is a value that the host cannot know.
                let step = self.inner(&[of_other.clone(), of_x.clone()], std::slice::from_ref(&of_x))?;
                let inputs = [of_other, int.clone(), int, of_x];
                let (mut cond, mut body) = (Graph::new(), Graph::new());
                let c: Vec<Val> = inputs.iter().map(|s| cond.parameter(s.clone())).collect();
                let goes_on = cond.lt(c[1], c[2])?;
                cond.set_outputs(vec![goes_on]);
                let b: Vec<Val> = inputs.iter().map(|s| body.parameter(s.clone())).collect();
                let one = body.scalar(DType::Int32, 1.0)?;
                let next = body.add(b[1], one)?;
                let value = body.inline(&step, &[b[0], b[3]])?[0];
                body.set_outputs(vec![next, b[2], value]);
                let limit = (self.rng.below(3) == 0).then(|| self.rng.below(6));
                let w = WhileBody {
                    cond: Some(Arc::new(cond)),
                    body: Arc::new(body),
                    consts: 1,
                    carries: 3,
                    limit,
                    reverse: false,
                    primal: None,
                };
                let zero = self.g.scalar(DType::Int32, 0.0)?;
                let wanted = self.g.scalar(DType::Int32, self.rng.below(12) as f64)?;
                let r = self.g.push_multi(Prim::While(ById(Arc::new(w))), &[other, zero, wanted, x])?;
                Ok(r[2])
            }
        }
    }

    fn step(&mut self) -> Result<()> {
        let x = self.float();
        let shape = self.g.shape(x).clone();
        let rank = shape.rank();
        let dim = self.rng.below(rank.max(1));
        let new = match self.rng.below(29) {
            0 => {
                let y = self.partner(x)?;
                let s = self.g.add(x, y)?;
                self.bounded(s)?
            }
            1 => {
                let y = self.partner(x)?;
                self.g.mul(x, y)?
            }
            2 => {
                let y = self.partner(x)?;
                self.g.max(x, y)?
            }
            3 => {
                let y = self.partner(x)?;
                let c = self.g.lt(x, y)?;
                self.values.push(c);
                self.g.select(c, y, x)?
            }
            4 => self.g.neg(x)?,
            5 => {
                let e = self.g.exp(x)?;
                self.bounded(e)?
            }
            6 if rank > 0 => {
                let kind = [ReduceKind::Sum, ReduceKind::Max, ReduceKind::Min][self.rng.below(3)];
                let dims: Vec<usize> = (0..rank).filter(|_| self.rng.below(2) == 0).collect();
                let r = self.g.reduce(kind, x, &dims)?;
                self.bounded(r)?
            }
            7 if rank > 0 => {
                // The shape of softmax and layer norm: a reduction that goes back over its own row.
                let r = self.g.reduce_over(ReduceKind::Max, x, &[dim])?;
                let d = self.g.sub(x, r)?;
                let e = self.g.exp(d)?;
                let s = self.g.reduce_over(ReduceKind::Sum, e, &[dim])?;
                self.g.div(e, s)?
            }
            8 if rank > 1 => {
                let mut perm: Vec<usize> = (0..rank).collect();
                for i in (1..rank).rev() {
                    perm.swap(i, self.rng.below(i + 1));
                }
                self.g.transpose(x, &perm)?
            }
            9 => {
                let n = shape.size();
                let divisors: Vec<usize> = (1..=n).filter(|d| n.is_multiple_of(*d)).collect();
                let d = divisors[self.rng.below(divisors.len())];
                self.g.reshape(x, [d, n / d])?
            }
            10 if rank > 0 => {
                let start: Vec<usize> = shape.iter().map(|&n| self.rng.below(n)).collect();
                let limit: Vec<usize> =
                    shape.iter().zip(&start).map(|(&n, &s)| s + 1 + self.rng.below(n - s)).collect();
                let stride: Vec<usize> = (0..rank).map(|_| 1 + self.rng.below(3)).collect();
                self.g.slice(x, &start, &limit, &stride)?
            }
            11 if rank > 0 => {
                let low: Vec<i64> =
                    shape.iter().map(|&n| self.rng.below(4) as i64 - 1.min(n as i64 - 1)).collect();
                let high: Vec<i64> = (0..rank).map(|_| self.rng.below(3) as i64).collect();
                let interior: Vec<usize> = (0..rank).map(|_| self.rng.below(3) / 2).collect();
                let half = self.g.scalar(DType::Float32, 0.5)?;
                self.g.pad(x, half, &low, &high, &interior)?
            }
            12 if rank > 0 => {
                let same = |s: &Spec| {
                    s.dtype == DType::Float32
                        && s.shape.rank() == rank
                        && (0..rank).all(|d| d == dim || s.shape[d] == shape[d])
                };
                let y = self.pick(same).unwrap_or(x);
                self.g.concatenate(&[x, y, x], dim)?
            }
            13 if rank > 0 => self.g.reverse(x, &[dim])?,
            14 => {
                let to = self.shape();
                let mut whole = to.clone();
                whole.0.extend(shape.iter().copied());
                self.g.broadcast_to(x, &whole)?
            }
            15 if rank > 0 => {
                let k = shape[dim];
                let y = self.pick(|s| s.dtype == DType::Float32 && s.shape.contains(&k)).unwrap_or(x);
                let other = self.g.shape(y).iter().position(|&n| n == k).unwrap_or(dim);
                let d = DotDims {
                    lhs_contract: [dim].into_iter().collect(),
                    rhs_contract: [other].into_iter().collect(),
                    ..DotDims::default()
                };
                if self.g.shape(x).size() / k * (self.g.shape(y).size() / k) > MAX_ELEMENTS {
                    return Ok(());
                }
                let p = self.g.dot_general(x, y, d)?;
                self.bounded(p)?
            }
            16 if rank > 0 => {
                let n = shape[dim] as i64;
                let rows = 1 + self.rng.below(5);
                let at: Vec<i64> = (0..rows).map(|_| self.rng.below(n as usize + 2) as i64 - 1).collect();
                let i = self.g.constant(Literal::ints(DType::Int32, [rows, 1], at))?;
                let mode = if self.rng.below(2) == 0 { GatherMode::Clip } else { GatherMode::Fill };
                self.g.gather(x, i, &[dim], 0, mode)?
            }
            17 if rank > 0 => {
                let n = shape[dim];
                let rows = 1 + self.rng.below(6);
                let at: Vec<i64> = (0..rows).map(|_| self.rng.below(n + 2) as i64 - 1).collect();
                let i = self.g.constant(Literal::ints(DType::Int32, [rows, 1], at))?;
                let mut updates = Shape::from([rows]);
                updates.0.extend(shape.iter().enumerate().filter(|(d, _)| *d != dim).map(|(_, &n)| n));
                let u = self.g.full(DType::Float32, updates, 0.25)?;
                let kind = [
                    ScatterKind::Set,
                    ScatterKind::Combine(ReduceKind::Sum),
                    ScatterKind::Combine(ReduceKind::Max),
                ][self.rng.below(3)];
                let r = self.g.scatter(kind, x, i, u, &[dim], 0)?;
                self.bounded(r)?
            }
            18 if rank > 0 => {
                let (exclusive, reverse) = (self.rng.below(2) == 0, self.rng.below(2) == 0);
                let c = self.g.cumulative(ReduceKind::Sum, x, dim, exclusive, reverse)?;
                self.bounded(c)?
            }
            19 if rank > 0 => {
                let start: Vec<i64> = shape.iter().map(|&n| self.rng.below(n + 2) as i64 - 1).collect();
                let sizes: Vec<usize> = shape.iter().map(|&n| 1 + self.rng.below(n)).collect();
                let s = self.g.i32_vector(&start)?;
                let part = self.g.dynamic_slice(x, s, &sizes)?;
                let part = self.g.neg(part)?;
                self.g.dynamic_update_slice(x, part, s)?
            }
            20 => {
                let y = self.partner(x)?;
                let c = self.g.ge(x, y)?;
                let c = self.g.convert(c, DType::Float32)?;
                self.g.mul(c, x)?
            }
            21 => {
                let i = self.g.iota(
                    DType::Int32,
                    if rank == 0 { Shape::from([4]) } else { shape.clone() },
                    dim,
                )?;
                let f = self.g.convert(i, DType::Float32)?;
                let tenth = self.g.full_like(f, 0.1)?;
                let f = self.g.mul(f, tenth)?;
                self.bounded(f)?
            }
            22 => {
                let h = self.g.convert(x, DType::Float16)?;
                self.values.push(h);
                // A grid on which both precisions agree.
                let eighth = self.g.full_like(x, 8.0)?;
                let scaled = self.g.mul(x, eighth)?;
                let whole = self.g.floor(scaled)?;
                self.g.div(whole, eighth)?
            }
            23 if rank > 0 => {
                // Whole numbers, so that no rounding decides an order.
                let hundred = self.g.full_like(x, 3.0)?;
                let scaled = self.g.mul(x, hundred)?;
                let i = self.g.convert(scaled, DType::Int32)?;
                let s = self.g.sort(&[i], dim, self.rng.below(2) == 0)?[0];
                let f = self.g.convert(s, DType::Float32)?;
                self.bounded(f)?
            }
            24 => self.g.push(Prim::OptimizationBarrier, &[x])?,
            25..=27 if shape.size() <= 200 => self.structure(x)?,
            _ => {
                let y = self.partner(x)?;
                self.g.push(Prim::Elementwise(Ew::Sub), &[x, y])?
            }
        };
        if self.g.shape(new).size() <= MAX_ELEMENTS && self.g.shape(new).rank() <= 7 {
            self.values.push(new);
        }
        Ok(())
    }
}

/// Values whose exactness rounding cannot decide otherwise: comparisons of rounded numbers jump.
fn is_steady(g: &Graph) -> bool {
    !g.insts().iter().any(|i| match &i.prim {
        Prim::Elementwise(Ew::Floor) | Prim::Convert(DType::Int32) => true,
        Prim::Case(branches) => !branches.iter().all(|b| is_steady(b)),
        Prim::Scan(s) => !is_steady(&s.body),
        Prim::While(w) => !is_steady(&w.body),
        _ => false,
    })
}

fn grown(seed: u64) -> (Graph, Vec<Literal>) {
    let mut this = Grower { g: Graph::new(), rng: Rng::new(seed), values: vec![], depth: 0 };
    let mut args = vec![];
    for _ in 0..1 + this.rng.below(3) {
        let shape = this.shape();
        if shape.size() > MAX_ELEMENTS {
            continue;
        }
        this.values.push(this.g.parameter(Spec::new(DType::Float32, shape.clone())));
        // Multiples of 1/64: sums and products of a few of them are exact.
        let v = (0..shape.size()).map(|_| this.rng.below(129) as f64 / 64.0 - 1.0).collect();
        args.push(Literal::floats(DType::Float32, shape, v));
    }
    if this.values.is_empty() {
        this.values.push(this.g.parameter(Spec::new(DType::Float32, [4])));
        args.push(Literal::floats(DType::Float32, [4], vec![0.5, -0.25, 1.0, 0.0]));
    }
    let steps = 2 + this.rng.below(14);
    for _ in 0..steps {
        this.step().unwrap();
    }
    let n = this.values.len();
    let mut outputs: Vec<Val> =
        (0..1 + this.rng.below(3)).map(|_| this.values[n - 1 - this.rng.below(n.min(5))]).collect();
    outputs.dedup();
    this.g.set_outputs(outputs);
    (this.g, args)
}

/// What is wrong with the first `wanted` random graphs.
pub(super) fn problems_of_graphs(wanted: u64, adapt: &Adapt) -> Vec<String> {
    let mut problems = vec![];
    let (mut seed, mut done) = (0, 0);
    while done < wanted {
        seed += 1;
        let (g, args) = grown(seed);
        g.verify().unwrap();
        if !is_steady(&g) && !args.is_empty() && seed % 4 != 0 {
            continue;
        }
        done += 1;
        if let Some(p) = compare(&format!("seed {seed}"), &g, &args, adapt) {
            // Steps by rounding are no fault of the compiler.
            if is_steady(&g) || p.contains("Error") {
                problems.push(p);
            }
        }
    }
    problems
}

/// How many random graphs to try: the environment variable `WGFLOW_RANDOM_GRAPHS`, else `usual`.
pub(super) fn wanted_graphs(usual: u64) -> u64 {
    std::env::var("WGFLOW_RANDOM_GRAPHS").ok().and_then(|v| v.parse().ok()).unwrap_or(usual)
}

#[test]
fn random_graphs_mean_the_same_compiled() {
    device_under_test();
    let wanted = wanted_graphs(150);
    let problems = problems_of_graphs(wanted, &|_| {});
    assert!(problems.is_empty(), "{} of {wanted} graphs:\n{}", problems.len(), problems.join("\n"));
}

/// The first `n` random graphs.
pub(crate) fn random_graphs(n: u64) -> Vec<Graph> {
    (1..=n).map(|seed| grown(seed).0).collect()
}
