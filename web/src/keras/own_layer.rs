//! Layers that JavaScript programs write.

use super::{json, shape_value};
use crate::callbacks::{Callback, numbers, taken};
use crate::errors::from_js;
use crate::handles;
use js_sys::{Function, Object, Reflect, Uint32Array};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeSet;
use wasm_bindgen::prelude::*;
use wgflow::keras::object::Config;
use wgflow::keras::{
    AnyLayer, Call, DTypePolicy, Layer, RnnCell, WeightSpec, constraints, initializers,
    register_layer_source, regularizers,
};
use wgflow::{DType, Error, PartialShape, Result, Shape, Tensor};

/// A layer whose `build` and `call` are functions of the program.
#[derive(Debug)]
pub(super) struct OwnLayer {
    class: &'static str,
    build: Callback,
    call: Callback,
    config: Callback,
    masks: bool,
    /// Layers that the program's `call` uses.
    inner: Vec<AnyLayer>,
    /// Sizes of the states, of a cell.
    states: Option<Vec<usize>>,
    /// What `build` asked for.
    weights: RefCell<Vec<WeightSpec>>,
}

thread_local! {
    /// Names of classes live as long as the program.
    static CLASSES: RefCell<BTreeSet<&'static str>> = RefCell::default();
}

fn class_of(name: &str) -> &'static str {
    CLASSES.with_borrow_mut(|all| {
        if let Some(known) = all.get(name) {
            return *known;
        }
        let lasting: &'static str = Box::leak(name.to_string().into_boxed_str());
        all.insert(lasting);
        lasting
    })
}

thread_local! {
    /// Makes layers of classes that the program knows, from their names and configurations.
    static MAKER: RefCell<Option<Callback>> = RefCell::default();
}

/// Takes over from here who makes layers of classes that the program knows.
pub(super) fn set_maker(make: Function) {
    let first = MAKER.with_borrow_mut(|m| m.replace(Callback::new(make)).is_none());
    if first {
        register_layer_source(made);
    }
}

fn made(class: &str, config: &Config) -> Option<Result<AnyLayer>> {
    let make = MAKER.with_borrow(|m| m.as_ref().and_then(Callback::get))?;
    let config = Value::Object(config.clone()).to_string();
    match make.call2(&JsValue::NULL, &class.into(), &config.into()) {
        Err(e) => Some(Err(from_js(class, &e))),
        // The handle belongs to the object that the program made.
        Ok(handle) => match handle.as_f64() {
            Some(h) if h > 0.0 => Some(handles::layer(h as u32)),
            _ => None,
        },
    }
}

impl OwnLayer {
    /// The layer that an object describes.
    pub(super) fn read(described: &Object) -> Result<AnyLayer> {
        const OP: &str = "Layer";
        let part = |name: &str| Reflect::get(described, &name.into()).unwrap_or(JsValue::UNDEFINED);
        let text = |name: &str| part(name).as_string();
        let function = |name: &str| {
            let f = part(name).dyn_into::<Function>();
            f.map(Callback::new).map_err(|_| Error::invalid(OP, name, "a function", "another value"))
        };
        let layer = OwnLayer {
            class: class_of(&text("className").unwrap_or_else(|| "Layer".into())),
            build: function("build")?,
            call: function("call")?,
            config: function("getConfig")?,
            masks: part("supportsMasking").is_truthy(),
            inner: numbers(OP, &part("inner"))?.into_iter().map(handles::layer).collect::<Result<_>>()?,
            states: js_sys::Array::is_array(&part("stateSize"))
                .then(|| numbers(OP, &part("stateSize")))
                .transpose()?
                .map(|sizes| sizes.into_iter().map(|n| n as usize).collect()),
            weights: RefCell::default(),
        };
        let mut node = match text("name") {
            Some(name) => layer.named(name),
            None => layer.node(),
        };
        if let Some(dtype) = text("dtype") {
            node = node.dtype(dtype.parse::<DTypePolicy>()?);
        }
        if part("trainable").as_bool() == Some(false) {
            node = node.trainable(false);
        }
        Ok(node.into())
    }

    fn spec(&self, described: &Value) -> Result<WeightSpec> {
        let refuse = |what: &str| Error::invalid(self.class, "addWeight", what, described);
        let name = described["name"].as_str().ok_or_else(|| refuse("a name"))?;
        let size = |v: &Value| v.as_u64().map(|n| n as usize);
        let shape = described["shape"].as_array().and_then(|l| l.iter().map(size).collect::<Option<Shape>>());
        let mut spec = WeightSpec::new(name, shape.ok_or_else(|| refuse("a shape of known sizes"))?);
        if let Some(dtype) = described["dtype"].as_str() {
            spec = spec.dtype(dtype.parse::<DType>()?);
        }
        let given = |name: &str| described.get(name).filter(|v| !v.is_null());
        if let Some(v) = given("initializer") {
            spec = spec.initializer(initializers::deserialize(v)?);
        }
        if let Some(v) = given("regularizer") {
            spec = spec.regularizer(regularizers::deserialize(v)?);
        }
        if let Some(v) = given("constraint") {
            spec = spec.constraint(constraints::deserialize(v)?);
        }
        Ok(spec.trainable(described["trainable"].as_bool().unwrap_or(true)))
    }

    fn values(&self, c: &mut Call) -> Result<Vec<Tensor>> {
        let specs = self.weights.borrow().clone();
        specs.into_iter().map(|s| c.weight_with(s)).collect()
    }
}

impl Layer for OwnLayer {
    fn build(&self, c: &mut Call, input_shapes: &[Shape]) -> Result<()> {
        let shapes: Vec<Value> = input_shapes.iter().map(|s| shape_value(&PartialShape::from(s))).collect();
        let asked = self.build.call(self.class, &[Value::Array(shapes).to_string().into()])?;
        let asked = json(self.class, "build", &asked.as_string().unwrap_or_else(|| "[]".into()))?;
        let specs =
            asked.as_array().into_iter().flatten().map(|w| self.spec(w)).collect::<Result<Vec<_>>>()?;
        self.weights.replace(specs);
        self.values(c).map(drop)
    }

    fn cell(&self) -> Option<&dyn RnnCell> {
        self.states.as_ref().map(|_| self as &dyn RnnCell)
    }

    fn call_many(&self, c: &mut Call, xs: &[Tensor]) -> Result<Vec<Tensor>> {
        let weights = handles::keep_all(self.values(c)?)?;
        let inputs = handles::keep_all(xs.iter().cloned())?;
        let list = |h: &[u32]| JsValue::from(Uint32Array::from(h));
        let args = [list(&inputs), list(&weights), c.training().into()];
        let result = self.call.call(self.class, &args).and_then(|r| taken(self.class, &r));
        inputs.into_iter().chain(weights).for_each(handles::forget);
        result
    }

    fn sublayers(&self) -> Vec<AnyLayer> {
        self.inner.clone()
    }

    fn class_name(&self) -> &'static str {
        self.class
    }

    fn supports_masking(&self) -> bool {
        self.masks
    }

    fn config(&self) -> Result<Config> {
        let config = self.config.call(self.class, &[])?;
        match json(self.class, "getConfig", &config.as_string().unwrap_or_default())? {
            Value::Object(config) => Ok(config),
            other => Err(Error::invalid(self.class, "getConfig", "an object", other)),
        }
    }
}

impl RnnCell for OwnLayer {
    fn state_size(&self, _: &Shape) -> Vec<Shape> {
        self.states.iter().flatten().map(|n| Shape::from([*n])).collect()
    }

    fn step(
        &self,
        c: &mut Call,
        x: &Tensor,
        states: &[Tensor],
        _: &[Tensor],
    ) -> Result<(Tensor, Vec<Tensor>)> {
        let xs: Vec<Tensor> = std::iter::once(x).chain(states).cloned().collect();
        let mut all = self.call_many(c, &xs)?.into_iter();
        match all.next() {
            Some(y) if all.len() == states.len() => Ok((y, all.collect())),
            _ => {
                let wanted = format!("the output and {} states", states.len());
                Err(Error::invalid(self.class, "call", wanted, "another number of tensors"))
            }
        }
    }
}
