//! The graph: instructions in program order over single-assignment values.

use super::complex;
use super::infer::infer;
use super::prim::{Prim, Spec};
use crate::dtype::DType;
use crate::error::Result;
use crate::shape::Shape;
use smallvec::SmallVec;

/// A value of a graph: one result of one instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Val(u32);

impl Val {
    /// Its position among the graph's values.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// An instruction: what it does, to which values, giving which.
#[derive(Clone, Debug)]
pub struct Inst {
    /// What it does.
    pub prim: Prim,
    /// The values it reads; all defined before it.
    pub operands: SmallVec<[Val; 3]>,
    first: u32,
    count: u32,
}

impl Inst {
    /// The number of values defined before it.
    pub fn first_value(&self) -> usize {
        self.first as usize
    }

    /// The values it gives.
    pub fn results(&self) -> impl ExactSizeIterator<Item = Val> + use<> {
        (self.first..self.first + self.count).map(Val)
    }
}

#[derive(Clone, Debug)]
struct Value {
    inst: u32,
    spec: Spec,
}

/// A straight-line program of primitives. Instructions stand in program order: operands before users, effects in the order in
/// which they happen (that order is the effect token: no pass changes it).
///
/// ```
/// # use wgflow::{hlo::{Graph, Spec}, DType};
/// let mut g = Graph::new();
/// let x = g.parameter(Spec::new(DType::Float32, [2, 3]));
/// let y = g.exp(x)?;
/// g.set_outputs(vec![y]);
/// assert_eq!(g.to_text("f"), "f(v0: float32[2,3]) {\n  v1: float32[2,3] = exponential(v0)\n  return v1\n}\n");
/// # Ok::<(), wgflow::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Graph {
    insts: Vec<Inst>,
    values: Vec<Value>,
    params: Vec<Val>,
    outputs: Vec<Val>,
    effects: bool,
}

impl Graph {
    /// An empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next input.
    pub fn parameter(&mut self, spec: Spec) -> Val {
        let v =
            self.append(Prim::Parameter(self.params.len(), spec.clone()), &[], [spec].into_iter().collect());
        self.params.push(v);
        v
    }

    /// Adds an instruction after checking it. One on complex values becomes several on their parts.
    ///
    /// # Errors
    /// `InvalidArgument` when shapes or dtypes do not fit the primitive; `Unimplemented` for unsupported dtypes.
    pub fn push_multi(&mut self, prim: Prim, operands: &[Val]) -> Result<SmallVec<[Val; 2]>> {
        if let Some(results) = complex::expand(self, &prim, operands)? {
            return Ok(results);
        }
        let results = {
            let specs: SmallVec<[&Spec; 4]> = operands.iter().map(|&v| self.spec(v)).collect();
            infer(&prim, &specs)?
        };
        let n = results.len() as u32;
        let first = self.values.len() as u32;
        self.append(prim, operands, results);
        Ok((first..first + n).map(Val).collect())
    }

    /// Adds an instruction with one result.
    ///
    /// # Errors
    /// As [`Graph::push_multi`].
    pub fn push(&mut self, prim: Prim, operands: &[Val]) -> Result<Val> {
        Ok(self.push_multi(prim, operands)?[0])
    }

    fn append(&mut self, prim: Prim, operands: &[Val], results: SmallVec<[Spec; 1]>) -> Val {
        let inst = self.insts.len() as u32;
        let first = self.values.len() as u32;
        self.effects |= prim.has_effect();
        self.insts.push(Inst { prim, operands: operands.into(), first, count: results.len() as u32 });
        self.values.extend(results.into_iter().map(|spec| Value { inst, spec }));
        Val(first)
    }

    /// All instructions in program order.
    pub fn insts(&self) -> &[Inst] {
        &self.insts
    }

    /// The instruction that defines a value.
    pub fn def(&self, v: Val) -> &Inst {
        &self.insts[self.values[v.index()].inst as usize]
    }

    /// The number of the instruction that defines a value.
    pub fn def_index(&self, v: Val) -> usize {
        self.values[v.index()].inst as usize
    }

    /// Number of values.
    pub fn num_values(&self) -> usize {
        self.values.len()
    }

    /// dtype and shape of a value.
    pub fn spec(&self, v: Val) -> &Spec {
        &self.values[v.index()].spec
    }

    /// Shape of a value.
    pub fn shape(&self, v: Val) -> &Shape {
        &self.spec(v).shape
    }

    /// dtype of a value.
    pub fn dtype(&self, v: Val) -> DType {
        self.spec(v).dtype
    }

    /// Rank of a value.
    pub fn rank(&self, v: Val) -> usize {
        self.shape(v).rank()
    }

    /// The inputs in order.
    pub fn params(&self) -> &[Val] {
        &self.params
    }

    /// The results in order.
    pub fn outputs(&self) -> &[Val] {
        &self.outputs
    }

    /// Says which values are the graph's results.
    pub fn set_outputs(&mut self, outputs: impl Into<Vec<Val>>) {
        self.outputs = outputs.into();
    }

    /// Specs of the inputs.
    pub fn param_specs(&self) -> Vec<Spec> {
        self.params.iter().map(|&v| self.spec(v).clone()).collect()
    }

    /// Specs of the results.
    pub fn output_specs(&self) -> Vec<Spec> {
        self.outputs.iter().map(|&v| self.spec(v).clone()).collect()
    }

    /// Whether any instruction has an effect.
    pub fn has_effects(&self) -> bool {
        self.effects
    }

    /// Copies the instructions of `other` to the end of this graph, its inputs bound to `args`; returns its results here.
    ///
    /// # Errors
    /// `Internal` when the number or specs of `args` do not fit.
    pub fn inline(&mut self, other: &Graph, args: &[Val]) -> Result<Vec<Val>> {
        let map = self.inline_all(other, args)?;
        Ok(other.outputs.iter().map(|v| map[v.index()]).collect())
    }

    /// As [`Graph::inline`], returning the place of every value of `other`.
    ///
    /// # Errors
    /// As [`Graph::inline`].
    pub fn inline_all(&mut self, other: &Graph, args: &[Val]) -> Result<Vec<Val>> {
        let wanted: Vec<&Spec> = other.params.iter().map(|&v| other.spec(v)).collect();
        let received: Vec<&Spec> = args.iter().map(|&v| self.spec(v)).collect();
        if wanted != received {
            let what = format!("arguments: wanted {wanted:?}. Received: {received:?}");
            return Err(crate::Error::internal("inline", what));
        }
        let mut map: Vec<Val> = Vec::with_capacity(other.values.len());
        for inst in &other.insts {
            if let Prim::Parameter(i, _) = inst.prim {
                map.push(args[i]);
                continue;
            }
            let operands: SmallVec<[Val; 4]> = inst.operands.iter().map(|v| map[v.index()]).collect();
            let specs = inst.results().map(|v| other.spec(v).clone()).collect();
            let first = self.append(inst.prim.clone(), &operands, specs);
            map.extend((first.0..first.0 + inst.count).map(Val));
        }
        Ok(map)
    }

    /// Which values some output or effect depends on.
    pub fn live(&self) -> Vec<bool> {
        let mut live = vec![false; self.values.len()];
        for v in &self.outputs {
            live[v.index()] = true;
        }
        for inst in self.insts.iter().rev() {
            if inst.prim.has_effect() || inst.results().any(|v| live[v.index()]) {
                for v in &inst.operands {
                    live[v.index()] = true;
                }
            }
        }
        live
    }

    /// The graph without instructions that nothing depends on. Inputs stay.
    #[must_use]
    pub fn pruned(&self) -> Graph {
        let live = self.live();
        let mut g = Graph { effects: self.effects, ..Graph::new() };
        let mut map = vec![Val(u32::MAX); self.values.len()];
        for inst in &self.insts {
            let keep = matches!(inst.prim, Prim::Parameter(..)) || inst.prim.has_effect();
            if !keep && !inst.results().any(|v| live[v.index()]) {
                continue;
            }
            let operands: SmallVec<[Val; 4]> = inst.operands.iter().map(|v| map[v.index()]).collect();
            let specs = inst.results().map(|v| self.spec(v).clone()).collect();
            let first = g.append(inst.prim.clone(), &operands, specs);
            for (k, v) in inst.results().enumerate() {
                map[v.index()] = Val(first.0 + k as u32);
            }
        }
        g.params = self.params.iter().map(|v| map[v.index()]).collect();
        g.outputs = self.outputs.iter().map(|v| map[v.index()]).collect();
        g
    }
}
