//! Layers by the name of their class, and layers from configurations.

use super::declare::Configured;
use super::layer::Layer;
use super::node::AnyLayer;
use super::policy::DTypePolicy;
use crate::error::{Error, ErrorKind, Result};
use crate::keras::layers::{LAYERS, shape_value};
use crate::keras::object::{Config, Setting};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::RwLock;

/// A class of layers that comes with the library.
pub(crate) struct Entry {
    class: &'static str,
    make: Make,
}

type Make = fn(&Config) -> Result<Rc<dyn Layer>>;

/// The entry of a class.
pub(crate) const fn entry<L: Layer + Configured>() -> Entry {
    Entry { class: L::CLASS, make: |c| Ok(Rc::new(L::from_arguments(c)?)) }
}

type Maker = fn(&Config) -> Result<AnyLayer>;

static OWN: RwLock<BTreeMap<String, Maker>> = RwLock::new(BTreeMap::new());

/// Makes a class of layers of one's own known (`keras.saving.register_keras_serializable`), so that models with them can be loaded. `make`
/// gets what the layer's [`config`](Layer::config) wrote.
///
/// ```
/// use wgflow::keras::{self, Call, Layer};
/// use wgflow::{Result, Tensor, ops::math};
///
/// #[derive(Debug)]
/// struct Scale { by: f64 }
///
/// impl Layer for Scale {
///     fn call(&self, _: &mut Call, x: &Tensor) -> Result<Tensor> {
///         math::multiply(x, self.by)
///     }
///     fn config(&self) -> Result<keras::object::Config> {
///         Ok([("by".to_string(), self.by.into())].into_iter().collect())
///     }
/// }
///
/// keras::register_layer("Scale", |config| Ok(Scale { by: config["by"].as_f64().unwrap_or(1.0) }.into()));
/// let again = keras::deserialize_layer(&keras::serialize_layer(&Scale { by: 2.0 }.named("twice").into())?)?;
/// assert_eq!((again.name().as_str(), again.class_name()), ("twice", "Scale"));
/// # Ok::<(), wgflow::Error>(())
/// ```
pub fn register_layer(class_name: &str, make: fn(&Config) -> Result<AnyLayer>) {
    crate::write(&OWN).insert(class_name.into(), make);
}

/// Makes layers of classes that are known elsewhere; `None` for a class that is not.
type Source = fn(&str, &Config) -> Option<Result<AnyLayer>>;

static SOURCES: RwLock<Vec<Source>> = RwLock::new(vec![]);

/// Makes known who knows classes of layers by name, asked where neither the library nor [`register_layer`] knows one. `source` gets the
/// class and what the layer's [`config`](Layer::config) wrote, and gives `None` for classes that it does not know.
pub fn register_layer_source(source: fn(&str, &Config) -> Option<Result<AnyLayer>>) {
    crate::write(&SOURCES).push(source);
}

fn sourced(class: &str, config: &Config) -> Option<Result<AnyLayer>> {
    // A source may load other layers: it is called without the lock.
    let all = crate::read(&SOURCES).clone();
    all.iter().find_map(|source| source(class, config))
}

/// Class and configuration of a layer in Keras' schema (`keras.layers.serialize`).
///
/// # Errors
/// `Unimplemented` for a layer that does not say how it is configured.
pub fn serialize_layer(layer: &AnyLayer) -> Result<Value> {
    let class = layer.class_name();
    let mut out = match (built_in(class), crate::keras::models::module_of(class)) {
        (Some(_), _) => json!({ "module": "keras.layers", "class_name": class, "registered_name": null }),
        (None, Some(module)) => json!({ "module": module, "class_name": class, "registered_name": null }),
        (None, None) => json!({ "module": null, "class_name": class, "registered_name": class }),
    };
    out["config"] = Value::Object(config_of(layer)?);
    if let Some(shapes) = layer.shapes().filter(|s| !s.inputs.is_empty()) {
        let inputs: Vec<Value> = shapes.inputs.iter().map(shape_value).collect();
        let one = if let [one] = &inputs[..] { one.clone() } else { Value::Array(inputs) };
        out["build_config"] = json!({ "input_shape": one });
    }
    Ok(out)
}

/// The configuration with what every layer has (`Layer.get_config`).
///
/// # Errors
/// As [`serialize_layer`].
pub(crate) fn config_of(layer: &AnyLayer) -> Result<Config> {
    let own = layer.layer().config().map_err(|e| e.context(format!("layer {}", layer.name())))?;
    let mut config = Config::new();
    config.insert("name".into(), layer.name().into());
    if layer.input_symbol().is_none() {
        config.insert("trainable".into(), layer.trainable().into());
        let policy = layer.dtype_policy().name();
        config.insert(
            "dtype".into(),
            json!({ "module": "keras", "class_name": "DTypePolicy", "config": { "name": policy }, "registered_name": null }),
        );
    }
    if let Some(r) = layer.activity_regularizer() {
        config.insert("activity_regularizer".into(), r.write());
    }
    config.extend(own);
    Ok(config)
}

/// The layer that [`serialize_layer`], or Keras itself, described (`keras.layers.deserialize`). It is not built.
///
/// # Errors
/// `InvalidArgument` for a class that is not known, naming those that are, and for arguments that do not fit.
pub fn deserialize_layer(v: &Value) -> Result<AnyLayer> {
    const OP: &str = "keras.layers.deserialize";
    let class = v.get("class_name").and_then(Value::as_str);
    let class =
        class.ok_or_else(|| Error::invalid(OP, "config", "an object with class_name and config", v))?;
    let empty = Config::new();
    let given = match v.get("config") {
        Some(Value::Object(c)) => c,
        None | Some(Value::Null) => &empty,
        Some(other) => return Err(Error::invalid(OP, "config", "an object", other)),
    };
    if let Some(made) = crate::keras::models::deserialize_model(class, given) {
        return made;
    }
    let mut own = given.clone();
    let name = match own.remove("name") {
        Some(Value::String(name)) => Some(name),
        None | Some(Value::Null) => None,
        Some(other) => return Err(Error::invalid(class, "name", "text", other)),
    };
    let activity = match own.remove("activity_regularizer") {
        None | Some(Value::Null) => None,
        Some(r) => {
            let wanted = super::arg::RegularizerArg::WANTED;
            Some(
                super::arg::RegularizerArg::read(&r)
                    .ok_or_else(|| Error::invalid(class, "activity_regularizer", wanted, &r))?,
            )
        }
    };
    let input = class == "InputLayer";
    let trainable = if input { None } else { own.remove("trainable") };
    let policy = if input { None } else { own.remove("dtype") };
    let layer = match (built_in(class), crate::read(&OWN).get(class).copied()) {
        (Some(make), _) => AnyLayer::new(make(&own)?, name.clone()),
        (None, Some(make)) => make(&own)?,
        (None, None) => sourced(class, &own).unwrap_or_else(|| Err(unknown(class)))?,
    };
    if let Some(name) = &name {
        layer.set_name(name);
    }
    if let Some(Value::Bool(false)) = trainable {
        layer.set_trainable(false);
    }
    if let Some(policy) = policy {
        layer.set_dtype_policy(read_policy(class, &policy)?);
    }
    if activity.is_some() {
        layer.set_activity_regularizer(activity);
    }
    layer.layer().validate().map_err(|e| e.context(format!("layer {} ({class})", layer.name())))?;
    Ok(layer)
}

/// A dtype policy by its name, or as Keras describes one.
pub(crate) fn read_policy(class: &str, v: &Value) -> Result<DTypePolicy> {
    let name = v.as_str().or_else(|| v.get("config").and_then(|c| c.get("name")).and_then(Value::as_str));
    match (name, v) {
        (Some(name), _) => name.parse(),
        (None, Value::Null) => Ok(super::policy::dtype_policy()),
        (None, other) => Err(Error::invalid(class, "dtype", "the name of a dtype policy", other)),
    }
}

fn built_in(class: &str) -> Option<Make> {
    LAYERS.iter().copied().flatten().find(|e| e.class == class).map(|e| e.make)
}

/// Whether a class of layers, or of models, comes with the library.
pub(crate) fn is_built_in(class: &str) -> bool {
    built_in(class).is_some() || crate::keras::models::module_of(class).is_some()
}

fn unknown(class: &str) -> Error {
    let mut names: BTreeSet<String> = crate::read(&OWN).keys().cloned().collect();
    names.extend(LAYERS.iter().copied().flatten().map(|e| e.class.to_string()));
    let names: Vec<String> = names.into_iter().collect();
    Error::new(
        ErrorKind::InvalidArgument,
        "keras.layers.deserialize",
        format!(
            "class_name: wanted a layer that is known, one of {}; others are made known with `register_layer`. Received: {class:?}",
            names.join(", ")
        ),
    )
}
