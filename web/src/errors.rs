//! Errors on their way between Rust and JavaScript.

use js_sys::{Error as JsError, Reflect};
use wasm_bindgen::prelude::*;
use wgflow::{Error, ErrorKind};

/// What exported functions throw.
pub struct Thrown(JsValue);

impl From<Error> for Thrown {
    fn from(e: Error) -> Self {
        let error = JsError::new(&e.to_string());
        for (name, value) in [("kind", format!("{:?}", e.kind())), ("op", e.op().to_string())] {
            // A plain object takes any property.
            let _ = Reflect::set(&error, &name.into(), &value.into());
        }
        Thrown(error.into())
    }
}

impl From<Thrown> for JsValue {
    fn from(t: Thrown) -> Self {
        t.0
    }
}

impl From<JsValue> for Thrown {
    fn from(v: JsValue) -> Self {
        Thrown(v)
    }
}

/// What exported functions return.
pub type Out<T> = std::result::Result<T, Thrown>;

/// An error that a JavaScript function threw into `op`. It keeps its message; `op` tells whose function it was.
pub(crate) fn from_js(op: &str, thrown: &JsValue) -> Error {
    Error::new(ErrorKind::Unknown, op, message(thrown))
}

/// What a thrown value says.
pub(crate) fn message(thrown: &JsValue) -> String {
    match thrown.dyn_ref::<JsError>() {
        Some(e) => String::from(e.message()),
        None => thrown.as_string().unwrap_or_else(|| "a function threw what is no Error".into()),
    }
}
