//! Which weight of a file belongs where.

use super::OP;
use crate::error::{Error, Result};
use crate::io::Weight as Stored;
use crate::keras::object::to_snake_case;
use crate::keras::{AnyLayer, Weight};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// A weight of a model and where it is.
pub(super) struct Place {
    pub(super) weight: Rc<Weight>,
    /// The layers that lead there, the model first, by name and class.
    layers: Vec<(String, &'static str)>,
    /// The weight's name in its layer.
    own: String,
    /// Names of the layers, and the parts of the weight's name.
    path: Vec<String>,
    /// Which of a stack of cells it is of, if of any.
    cell: Option<usize>,
    /// The path in files of Keras 3, which count layers by their classes and weights by numbers.
    numbered: String,
}

impl Place {
    /// Names of the layers and the weight without the model's own.
    pub(super) fn name(&self) -> String {
        self.path[1..].join("/")
    }

    /// The layers that lead there, the model first, by name and class.
    pub(super) fn layers(&self) -> &[(String, &'static str)] {
        &self.layers
    }

    /// The weight's name in its layer.
    pub(super) fn own(&self) -> &str {
        &self.own
    }

    /// Class of the weight's layer.
    pub(super) fn class(&self) -> &'static str {
        self.layers.last().map_or("", |l| l.1)
    }
}

/// The weights of a model.
pub(super) fn places(model: &AnyLayer) -> Vec<Place> {
    let mut all = vec![];
    walk(model, &mut vec![], "", None, &mut HashSet::new(), &mut all);
    all
}

fn walk(
    layer: &AnyLayer,
    path: &mut Vec<(String, &'static str)>,
    numbered: &str,
    cell: Option<usize>,
    seen: &mut HashSet<u64>,
    all: &mut Vec<Place>,
) {
    if !seen.insert(layer.id()) {
        return;
    }
    path.push((layer.name(), layer.class_name()));
    let mut counts: HashMap<String, usize> = HashMap::new();
    for weight in layer.own_weights() {
        let (layers, own) = (path.clone(), weight.name.clone());
        let names = layers.iter().map(|l| l.0.as_str()).chain(own.split('/'));
        let path = names.map(str::to_string).collect();
        // A weight's name may begin with a part of the layer, which is a layer in Keras.
        let part = weight.name.rsplit_once('/').map_or(String::new(), |(part, _)| projection(part) + "/");
        let i = counts.entry(part.clone()).or_default();
        let numbered = format!("{numbered}{part}vars/{i}");
        *i += 1;
        all.push(Place { weight, layers, own, path, cell, numbered });
    }
    let mut used: HashMap<String, usize> = HashMap::new();
    for (i, sub) in layer.sublayers().into_iter().enumerate() {
        let part = part_name(layer, &sub, &mut used);
        let cell = cell.or((layer.class_name() == "StackedRNNCells").then_some(i));
        walk(&sub, path, &format!("{numbered}{part}/"), cell, seen, all);
    }
    path.pop();
}

/// What Keras 3 calls a layer in another in its files: the attribute that holds it, or its number among those of its class.
fn part_name(layer: &AnyLayer, sub: &AnyLayer, used: &mut HashMap<String, usize>) -> String {
    let mut counted = |list: &str| {
        let class = to_snake_case(sub.class_name());
        let n = used.entry(class.clone()).or_default();
        *n += 1;
        if *n == 1 { format!("{list}/{class}") } else { format!("{list}/{class}_{}", *n - 1) }
    };
    let name = sub.name();
    match layer.class_name() {
        "Sequential" | "Functional" => counted("layers"),
        "StackedRNNCells" => counted("cells"),
        "TimeDistributed" => "layer".into(),
        "Bidirectional" if name.starts_with("backward_") => "backward_layer".into(),
        "Bidirectional" => "forward_layer".into(),
        _ if sub.layer().cell().is_some() => "cell".into(),
        _ => counted("layers"),
    }
}

/// What Keras' attention calls a projection in its files.
fn projection(name: &str) -> String {
    format!("{}_dense", if name == "attention_output" { "output" } else { name })
}

/// The stored weight of each place; with `strict`, none may be missing or left over.
pub(super) fn find<'a>(
    places: &'a [Place],
    stored: &'a [Stored],
    strict: bool,
) -> Result<Vec<(&'a Place, &'a Stored)>> {
    let own = |s: &&Stored| {
        let about_training = s.group.as_deref() == Some("optimizer") || s.name.starts_with("optimizer/");
        // Streams of random numbers begin anew.
        !about_training && !s.name.contains("seed_generator")
    };
    let stored: Vec<(&str, &Stored)> =
        stored.iter().filter(own).map(|s| (s.name.strip_suffix(":0").unwrap_or(&s.name), s)).collect();
    let by_name: HashMap<&str, usize> = stored.iter().enumerate().map(|(i, (n, _))| (*n, i)).collect();
    let mut taken: Vec<Option<usize>> = vec![None; places.len()];
    let mut used = vec![false; stored.len()];
    for (place, slot) in places.iter().zip(&mut taken) {
        let full = place.path.join("/");
        let known =
            [place.numbered.as_str(), &full, &place.name()].iter().find_map(|n| by_name.get(n).copied());
        if let Some(i) = known.filter(|i| !used[*i]) {
            used[i] = true;
            *slot = Some(i);
        }
    }
    // Names may leave layers out, such as cells and the models around a layer; the longest is the closest.
    for (place, slot) in places.iter().zip(&mut taken).filter(|(_, s)| s.is_none()) {
        let fits = |(i, (name, s)): (usize, &(&str, &Stored))| {
            (!used[i] && place.may_be_called(name)).then_some((
                s.shape == *place.weight.variable.shape(),
                name.len(),
                i,
            ))
        };
        if let Some((_, _, i)) = stored.iter().enumerate().filter_map(fits).max() {
            used[i] = true;
            *slot = Some(i);
        }
    }
    let missing: Vec<String> =
        places.iter().zip(&taken).filter(|(_, s)| s.is_none()).map(|(p, _)| p.name()).collect();
    let left: Vec<&str> = stored.iter().zip(&used).filter(|(_, u)| !**u).map(|((n, _), _)| *n).collect();
    if strict && !(missing.is_empty() && left.is_empty()) {
        let wanted = "a value for each weight of the model, and no others";
        let received = format!(
            "weights of which [{}] are missing and [{}] have no place in the model",
            missing.join(", "),
            left.join(", ")
        );
        return Err(Error::invalid(OP, "weights", wanted, received));
    }
    let found: Vec<(&Place, &Stored)> =
        places.iter().zip(taken).filter_map(|(p, s)| Some((p, stored.get(s?)?.1))).collect();
    for (place, stored) in &found {
        let wanted = place.weight.variable.shape();
        if stored.shape != *wanted {
            let wanted = format!("shape {wanted} for {}", place.name());
            let received = format!("shape {} of {:?}", stored.shape, stored.name);
            return Err(Error::invalid(OP, "weights", wanted, received));
        }
    }
    Ok(found)
}

impl Place {
    /// Whether a name consists of some of the layers that lead to the weight, in their order, and the weight's.
    fn may_be_called(&self, name: &str) -> bool {
        let parts: Vec<&str> = name.split('/').collect();
        let (Some((last, scopes)), Some((own, layers))) = (parts.split_last(), self.path.split_last()) else {
            return false;
        };
        let depthwise =
            self.class().starts_with("DepthwiseConv") && *last == "depthwise_kernel" && own == "kernel";
        if !(own == last || depthwise) || scopes.is_empty() {
            return false;
        }
        // TensorFlow.js numbers the cells of a stack.
        let cell = self.cell.map(|i| format!("RNNCell_{i}"));
        let mut layers = layers.iter();
        scopes.iter().all(|s| cell.as_deref() == Some(s) || layers.any(|l| l == s))
    }
}
