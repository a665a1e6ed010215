//! What an invocation keeps, what it goes over, and where results go: of weighted values and of all adjoints.

use super::{G, K, M, N, Out, plan_function};
use crate::compiler::codegen::contract::{loader, vector_of};
use crate::compiler::codegen::writer::Writer;
use crate::compiler::index::Index;
use crate::compiler::kernel::{AttentionKernel, AttentionResults, Function};

/// Loaders of features and of columns.
#[derive(Clone, Copy)]
pub(super) struct Loaders {
    /// Of what is kept.
    pub own: [&'static str; 2],
    /// Of what is gone over.
    pub other: [&'static str; 2],
}

pub(super) struct Sides<'a> {
    /// Whether queries are kept, and not keys.
    pub by_query: bool,
    pub names: Loaders,
    /// Adjoints of weighted values, where adjoints are computed.
    pub dy: Option<&'a Function>,
    /// Weighted values, or what there is to know of rows.
    given: Option<&'a Function>,
    /// Sums of adjoints of scores with features, and of weights with columns.
    sums: [Option<Out<'a>>; 2],
    /// Where rows are stored.
    pub rows: Option<&'a (u16, Index)>,
}

const BY_QUERY: Loaders = Loaders { own: ["query4", "dy4"], other: ["key4", "value4"] };
const BY_KEY: Loaders = Loaders { own: BY_QUERY.other, other: BY_QUERY.own };

impl<'a> Sides<'a> {
    pub(super) fn new(a: &'a AttentionKernel) -> Self {
        let to =
            |target: &'a Option<(u16, Index)>, width| target.as_ref().map(|target| Out { target, width });
        let (features, columns) = (a.sizes[3], a.columns);
        match &a.results {
            AttentionResults::Values { out } => Sides {
                by_query: true,
                names: BY_QUERY,
                dy: None,
                given: None,
                sums: [None, Some(Out { target: out, width: columns })],
                rows: None,
            },
            AttentionResults::Queries { y, dy, dq, rows } => Sides {
                by_query: true,
                names: BY_QUERY,
                dy: Some(dy),
                given: Some(y),
                sums: [to(dq, features), None],
                rows: rows.as_ref(),
            },
            AttentionResults::Keys { dy, rows, dk, dv } => Sides {
                by_query: false,
                names: BY_KEY,
                dy: Some(dy),
                given: Some(rows),
                sums: [to(dk, features), to(dv, columns)],
                rows: None,
            },
        }
    }

    /// The loop variable of what is kept.
    pub(super) fn var(&self) -> &'static str {
        if self.by_query { "m" } else { "n" }
    }

    /// Queries or keys of a head: what is kept.
    pub(super) fn own(&self, a: &AttentionKernel) -> usize {
        if self.by_query { a.sizes[1] } else { a.sizes[2] }
    }

    /// What is gone over.
    pub(super) fn others(&self, a: &AttentionKernel) -> usize {
        if self.by_query { a.sizes[2] } else { a.sizes[1] }
    }

    /// Whether keys behind a query change nothing: unless a mask leaves out all that are before it.
    pub(super) fn skips(&self, a: &AttentionKernel) -> bool {
        a.attention.causal && a.mask.is_none()
    }

    /// The results that are sums, by which side of what is gone over they are sums of.
    pub(super) fn outs(&self) -> impl Iterator<Item = (usize, Out<'a>)> + use<'a> {
        self.sums.into_iter().enumerate().filter_map(|(side, out)| Some((side, out?)))
    }

    /// Decides how buffers are declared.
    pub(super) fn plan(&self, w: &mut Writer<'_>, a: &AttentionKernel) {
        [&a.query, &a.key, &a.value].into_iter().chain(self.dy).for_each(|f| plan_function(w, f, K));
        self.given.iter().for_each(|f| plan_function(w, f, if self.by_query { K } else { M }));
        let mask = a.mask.as_ref();
        mask.iter()
            .filter(|f| self.by_query && vector_of(f, [N, N]).is_some())
            .for_each(|f| plan_function(w, f, N));
        let singly = self.given.filter(|_| !self.by_query).into_iter().chain(mask);
        singly.for_each(|f| w.plan_rest(&f.body, &f.body.needed([f.result])));
        self.outs().for_each(|(_, o)| o.plan(w));
        self.rows.iter().for_each(|(b, _)| w.plan_single_store(*b));
    }

    /// Declares a function of features (`side` 0) or columns of what is kept.
    pub(super) fn loader_of(
        &self,
        w: &mut Writer<'_>,
        a: &AttentionKernel,
        f: &Function,
        name: &str,
        side: usize,
    ) {
        let [groups, queries, keys, features] = a.sizes;
        let sizes = [groups, queries, keys, [features, a.columns][side]];
        loader(w, f, name, [G, if self.by_query { M } else { N }, K], Some(K), &sizes);
    }

    /// Declares the functions that load operands.
    pub(super) fn loaders(&self, w: &mut Writer<'_>, a: &AttentionKernel) {
        let [groups, queries, keys, _] = a.sizes;
        let of_values = [groups, queries, keys, a.columns];
        loader(w, &a.query, "query4", [G, M, K], Some(K), &a.sizes);
        loader(w, &a.key, "key4", [G, N, K], Some(K), &a.sizes);
        loader(w, &a.value, "value4", [G, N, K], Some(K), &of_values);
        self.dy.iter().for_each(|f| loader(w, f, "dy4", [G, M, K], Some(K), &of_values));
        match self.given {
            Some(f) if self.by_query => loader(w, f, "y4", [G, M, K], Some(K), &of_values),
            Some(f) => {
                loader(w, f, "row4", [G, M, K], Some(M), &a.sizes);
                loader(w, f, "row1", [G, M, K], None, &a.sizes);
            }
            None => {}
        }
        if let Some(f) = &a.mask {
            loader(w, f, "mask4", [G, M, N], Some(N), &a.sizes);
            loader(w, f, "mask1", [G, M, N], None, &a.sizes);
        }
    }
}
