//! The objects that JavaScript holds by number.

use crate::functions::Compiled;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use wgflow::io::GraphModel;
use wgflow::keras::optimizers::Optimizer;
use wgflow::keras::{AnyLayer, KerasTensor, Model, Sequential};
use wgflow::{Error, ErrorKind, GradientTape, Result, Tensor, Variable};

/// What a handle stands for.
#[derive(Clone)]
pub(crate) enum Object {
    Tensor(Tensor),
    Variable(Variable),
    Tape(Rc<GradientTape>),
    Function(Rc<Compiled>),
    Layer(AnyLayer),
    Symbol(KerasTensor),
    Model(Model),
    Sequential(Sequential),
    Optimizer(Arc<dyn Optimizer>),
    Graph(Rc<GraphModel>),
}

impl Object {
    fn kind(&self) -> &'static str {
        match self {
            Object::Tensor(_) => "a tensor",
            Object::Variable(_) => "a variable",
            Object::Tape(_) => "a tape",
            Object::Function(_) => "a function",
            Object::Layer(_) => "a layer",
            Object::Symbol(_) => "a symbol",
            Object::Model(_) | Object::Sequential(_) => "a model",
            Object::Optimizer(_) => "an optimizer",
            Object::Graph(_) => "a graph model",
        }
    }
}

/// Bits of a handle that say where the object is; the others count how often the place was given anew.
const INDEX_BITS: u32 = 22;

#[derive(Default)]
struct Slot {
    generation: u32,
    object: Option<Object>,
}

#[derive(Default)]
struct Table {
    slots: Vec<Slot>,
    free: Vec<u32>,
}

thread_local! {
    /// Never borrowed while code of others runs: a JavaScript function, a destructor, a log line.
    static TABLE: RefCell<Table> = RefCell::default();
}

/// A new handle of `object`.
pub(crate) fn keep(object: Object) -> Result<u32> {
    TABLE.with_borrow_mut(|t| {
        let index = match t.free.pop() {
            Some(i) => i,
            None if t.slots.len() + 1 < 1 << INDEX_BITS => {
                if t.slots.is_empty() {
                    // Handle 0 stands for none.
                    t.slots.push(Slot::default());
                }
                t.slots.push(Slot::default());
                t.slots.len() as u32 - 1
            }
            None => {
                let what = "more than 4 million tensors are alive; dispose of some, or use tidy()";
                return Err(Error::new(ErrorKind::ResourceExhausted, "tensor", what));
            }
        };
        let slot = &mut t.slots[index as usize];
        slot.object = Some(object);
        Ok(slot.generation << INDEX_BITS | index)
    })
}

/// The object of a handle.
pub(crate) fn get(handle: u32) -> Result<Object> {
    TABLE.with_borrow(|t| {
        let slot = t.slots.get((handle & ((1 << INDEX_BITS) - 1)) as usize);
        let slot = slot.filter(|s| s.generation == handle >> INDEX_BITS);
        slot.and_then(|s| s.object.clone()).ok_or_else(gone)
    })
}

fn gone() -> Error {
    Error::new(ErrorKind::FailedPrecondition, "tensor", "it is disposed")
}

/// Forgets a handle. One that is forgotten already is passed over.
pub(crate) fn forget(handle: u32) {
    let object = TABLE.with_borrow_mut(|t| {
        let index = handle & ((1 << INDEX_BITS) - 1);
        let slot = t.slots.get_mut(index as usize).filter(|s| s.generation == handle >> INDEX_BITS)?;
        let object = slot.object.take()?;
        slot.generation = (slot.generation + 1) & (u32::MAX >> INDEX_BITS);
        t.free.push(index);
        Some(object)
    });
    drop(object);
}

/// How many handles are in use.
pub(crate) fn count() -> usize {
    TABLE.with_borrow(|t| t.slots.len().saturating_sub(t.free.len() + 1))
}

macro_rules! typed {
    ($($(#[$doc:meta])* $get:ident, $variant:ident: $t:ty;)+) => { $($(#[$doc])*
    pub(crate) fn $get(handle: u32) -> Result<$t> {
        match get(handle)? {
            Object::$variant(x) => Ok(x),
            other => Err(Error::invalid("wgflow", "handle", concat!("a ", stringify!($get)), other.kind())),
        }
    })+ };
}

typed! {
    /// The tensor of a handle.
    tensor, Tensor: Tensor;
    /// The variable of a handle.
    variable, Variable: Variable;
    /// The tape of a handle.
    tape, Tape: Rc<GradientTape>;
    /// The compiled function of a handle.
    function, Function: Rc<Compiled>;
    /// The symbol of a handle.
    symbol, Symbol: KerasTensor;
    /// The chain of a handle.
    sequential, Sequential: Sequential;
    /// The optimizer of a handle.
    optimizer, Optimizer: Arc<dyn Optimizer>;
    /// The graph model of a handle.
    graph, Graph: Rc<GraphModel>;
}

/// The model of a handle.
pub(crate) fn model(handle: u32) -> Result<Model> {
    match get(handle)? {
        Object::Model(m) => Ok(m),
        Object::Sequential(s) => Ok(s.into()),
        other => Err(Error::invalid("wgflow", "handle", "a model", other.kind())),
    }
}

/// The layer of a handle; a model is one too.
pub(crate) fn layer(handle: u32) -> Result<AnyLayer> {
    match get(handle)? {
        Object::Layer(l) => Ok(l),
        Object::Model(m) => Ok(m.as_layer().clone()),
        Object::Sequential(s) => Ok(s.as_layer().clone()),
        other => Err(Error::invalid("wgflow", "handle", "a layer", other.kind())),
    }
}

/// The tensors of handles.
pub(crate) fn tensors(handles: &[u32]) -> Result<Vec<Tensor>> {
    handles.iter().map(|h| tensor(*h)).collect()
}

/// New handles of tensors.
pub(crate) fn keep_all(tensors: impl IntoIterator<Item = Tensor>) -> Result<Vec<u32>> {
    tensors.into_iter().map(|t| keep(Object::Tensor(t))).collect()
}
