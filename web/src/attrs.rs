//! JavaScript values as attributes of ops.

use crate::handles;
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::prelude::*;
use wgflow::tensor::{Args, Attr};
use wgflow::{Error, Result};

/// The properties of an object as attributes of `op`. Those that are undefined are left out.
pub(crate) fn args(op: &str, attrs: &JsValue) -> Result<Args> {
    let mut all = Args::default();
    if attrs.is_undefined() || attrs.is_null() {
        return Ok(all);
    }
    let Some(object) = attrs.dyn_ref::<Object>() else {
        return Err(Error::invalid(op, "attrs", "an object", "another value"));
    };
    for key in Object::keys(object).iter() {
        let value = Reflect::get(object, &key).unwrap_or(JsValue::UNDEFINED);
        if let (Some(name), false) = (key.as_string(), value.is_undefined()) {
            let value = attr(op, &name, &value)?;
            all.0.insert(name, value);
        }
    }
    Ok(all)
}

fn attr(op: &str, name: &str, value: &JsValue) -> Result<Attr> {
    if value.is_null() {
        return Ok(Attr::None);
    }
    if let Some(b) = value.as_bool() {
        return Ok(Attr::Bool(b));
    }
    if let Some(s) = value.as_string() {
        return Ok(Attr::Str(s));
    }
    if let Some(x) = value.as_f64() {
        return Ok(if is_int(x) { Attr::Int(x as i64) } else { Attr::Float(x) });
    }
    if let Some(list) = value.dyn_ref::<Array>() {
        return items(op, name, &list.iter().collect::<Vec<_>>());
    }
    // A constant input: { tensor: handle }.
    if let Some(handle) = Reflect::get(value, &"tensor".into()).ok().and_then(|h| h.as_f64()) {
        return Ok(Attr::Tensor(handles::tensor(handle as u32)?.to_literal()?));
    }
    Err(unfit(op, name))
}

fn items(op: &str, name: &str, items: &[JsValue]) -> Result<Attr> {
    if let Some(numbers) = items.iter().map(JsValue::as_f64).collect::<Option<Vec<f64>>>() {
        let whole = numbers.iter().all(|x| is_int(*x));
        return Ok(if whole {
            Attr::Ints(numbers.iter().map(|x| *x as i64).collect())
        } else {
            Attr::Floats(numbers)
        });
    }
    if let Some(strings) = items.iter().map(JsValue::as_string).collect::<Option<Vec<String>>>() {
        return Ok(Attr::Strs(strings));
    }
    let pair = |v: &JsValue| -> Option<[i64; 2]> {
        let list = v.dyn_ref::<Array>().filter(|l| l.length() == 2)?;
        let at = |i| list.get(i).as_f64().filter(|x| is_int(*x)).map(|x| x as i64);
        Some([at(0)?, at(1)?])
    };
    items.iter().map(pair).collect::<Option<Vec<_>>>().map(Attr::Pairs).ok_or_else(|| unfit(op, name))
}

/// Whether a number is an integer that JavaScript holds exactly.
fn is_int(x: f64) -> bool {
    x.fract() == 0.0 && x.abs() <= 9_007_199_254_740_991.0
}

fn unfit(op: &str, name: &str) -> Error {
    Error::invalid(
        op,
        name,
        "a number, boolean, string, list of numbers, strings or pairs, or null",
        "another value",
    )
}
