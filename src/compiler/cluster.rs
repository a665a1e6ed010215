//! Clusters: groups of graph values that one kernel computes.

use crate::hlo::{Graph, Prim, Val};
use crate::shape::{Dims, Shape};

/// What shapes a cluster's loops.
#[derive(Clone, Debug, PartialEq)]
pub enum ClusterKind {
    /// Each of `n` positions by itself.
    Loop {
        /// Number of positions.
        n: usize,
    },
    /// Reductions of `source` over `dims`, and what goes along with them.
    Rows {
        /// Shape that is reduced.
        source: Shape,
        /// Dimensions that are reduced.
        dims: Dims,
    },
    /// A reduction over sliding windows, one row a window.
    Window(Val),
    /// A contraction or convolution as one row of products for each element.
    Products(Val),
    /// A contraction or convolution in tiles.
    Contract(Val),
    /// Attention or one of its adjoints, by its first result.
    Attention(Val),
    /// A running reduction.
    Cumulative(Val),
    /// A sort's permutation.
    ArgSort(Val),
    /// A scatter into the rows of a matrix.
    Scatter(Val),
    /// Instruction number `.0`, run by the host.
    Call(usize),
}

/// A group of values that one kernel computes.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// The shape of its loops.
    pub kind: ClusterKind,
    /// What it computes, operands before users.
    pub values: Vec<Val>,
    /// Numbers of the check instructions in it.
    pub checks: Vec<usize>,
}

/// The cluster that an instruction of heavy work starts.
pub fn start(g: &Graph, i: usize, products: bool) -> Option<Cluster> {
    let inst = &g.insts()[i];
    let v = inst.results().next();
    let of = |kind| Cluster { kind, values: inst.results().collect(), checks: vec![] };
    Some(match (&inst.prim, v) {
        (Prim::Reduce { dims, .. }, _) => {
            of(ClusterKind::Rows { source: g.shape(inst.operands[0]).clone(), dims: dims.clone() })
        }
        (Prim::ArgReduce { dim, .. }, _) => of(ClusterKind::Rows {
            source: g.shape(inst.operands[0]).clone(),
            dims: [*dim].into_iter().collect(),
        }),
        (Prim::ReduceWindow { .. }, Some(v)) => of(ClusterKind::Window(v)),
        (Prim::DotGeneral(_) | Prim::Convolution(_), Some(v)) if products => of(ClusterKind::Products(v)),
        (Prim::DotGeneral(_) | Prim::Convolution(_), Some(v)) => of(ClusterKind::Contract(v)),
        (Prim::Attention(_) | Prim::AttentionQueries(_) | Prim::AttentionKeys(_), Some(v)) => {
            of(ClusterKind::Attention(v))
        }
        (Prim::Cumulative { .. }, Some(v)) => of(ClusterKind::Cumulative(v)),
        (Prim::ArgSort { .. }, Some(v)) => of(ClusterKind::ArgSort(v)),
        (Prim::Scatter { .. }, Some(v)) => of(ClusterKind::Scatter(v)),
        (
            Prim::CustomCall(_)
            | Prim::HostCall(_)
            | Prim::Print(_)
            | Prim::Scan(_)
            | Prim::While(_)
            | Prim::Case(_),
            _,
        ) => of(ClusterKind::Call(i)),
        (Prim::Check(_), _) => {
            let n = g.shape(inst.operands[0]).size();
            Cluster { kind: ClusterKind::Loop { n }, values: vec![], checks: vec![i] }
        }
        _ => return None,
    })
}

impl Cluster {
    /// The cluster of a value computed position by position.
    pub fn of_value(g: &Graph, v: Val) -> Cluster {
        Cluster { kind: ClusterKind::Loop { n: g.shape(v).size() }, values: vec![v], checks: vec![] }
    }

    /// The cluster of a concatenation of equal parts, computed at the places of a part: each part is stored where it stands in the whole.
    pub fn in_parts(g: &Graph, v: Val) -> Cluster {
        let part = g.def(v).operands.first().map_or(v, |p| *p);
        Cluster { kind: ClusterKind::Loop { n: g.shape(part).size() }, values: vec![v], checks: vec![] }
    }

    /// Whether it has a value that is stored in parts.
    fn has_parts(&self, g: &Graph) -> bool {
        match self.kind {
            ClusterKind::Loop { n } => self.values.iter().any(|&v| g.shape(v).size() != n),
            _ => false,
        }
    }

    /// The cluster of both, shaped like the one that is no plain loop; `None` where their shapes cannot go together.
    pub fn joined(&self, other: &Cluster, g: &Graph) -> Option<Cluster> {
        let kind = match (&self.kind, &other.kind) {
            (ClusterKind::Loop { n: a }, ClusterKind::Loop { n: b }) if a == b => self.kind.clone(),
            (ClusterKind::Rows { .. }, ClusterKind::Rows { .. }) if self.kind == other.kind => {
                self.kind.clone()
            }
            (shaped, ClusterKind::Loop { n }) | (ClusterKind::Loop { n }, shaped) if takes(shaped, *n, g) => {
                shaped.clone()
            }
            _ => return None,
        };
        // Values in parts are at the places of a part in plain loops alone.
        if !matches!(kind, ClusterKind::Loop { .. }) && (self.has_parts(g) || other.has_parts(g)) {
            return None;
        }
        // Checks are of a loop's positions, or of rows.
        let fits = |c: &Cluster| match (&kind, &c.kind) {
            (ClusterKind::Rows { source, dims }, ClusterKind::Loop { n }) => {
                *n == source.reduced(dims, false).size()
            }
            (a, b) => a == b,
        };
        if [self, other].iter().any(|c| !c.checks.is_empty() && !fits(c)) {
            return None;
        }
        let mut values: Vec<Val> = self.values.iter().chain(&other.values).copied().collect();
        values.sort_unstable();
        let mut checks: Vec<usize> = self.checks.iter().chain(&other.checks).copied().collect();
        checks.sort_unstable();
        Some(Cluster { kind, values, checks })
    }
}

/// Whether a loop over `n` positions may become part of a cluster of another shape.
fn takes(kind: &ClusterKind, n: usize, g: &Graph) -> bool {
    match kind {
        ClusterKind::Rows { source, dims } => n == source.size() || n == source.reduced(dims, false).size(),
        ClusterKind::Window(v) | ClusterKind::Products(v) | ClusterKind::Contract(v) => {
            n == g.shape(*v).size()
        }
        _ => false,
    }
}
