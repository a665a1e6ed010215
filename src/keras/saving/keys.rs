//! What weights are called in files.

use crate::keras::base::{AnyLayer, Weight};
use crate::keras::object::{is_auto_name, to_snake_case};
use std::collections::HashSet;
use std::rc::Rc;

/// The weights of a model with their keys, in the order of its weights: names of the layers that lead there, without the model's own, and
/// the weight's. Automatic names, which depend on what was made before, count anew in each layer: the first dense layer is `dense`.
pub(super) fn keyed(model: &AnyLayer) -> Vec<(String, Rc<Weight>)> {
    let mut all = vec![];
    walk(model, "", &mut HashSet::new(), &mut all);
    all
}

fn walk(layer: &AnyLayer, path: &str, seen: &mut HashSet<u64>, all: &mut Vec<(String, Rc<Weight>)>) {
    if !seen.insert(layer.id()) {
        return;
    }
    all.extend(layer.own_weights().into_iter().map(|w| (format!("{path}{}", w.name), w)));
    let sublayers = layer.sublayers();
    // Names that were given come first, so that automatic ones keep out of their way.
    let given = |l: &AnyLayer| !is_auto_name(l.layer().summary_name(), &l.name());
    let mut used: HashSet<String> = sublayers.iter().filter(|l| given(l)).map(AnyLayer::name).collect();
    for sub in &sublayers {
        let name =
            if given(sub) { sub.name() } else { free(&mut used, &to_snake_case(sub.layer().summary_name())) };
        walk(sub, &format!("{path}{name}/"), seen, all);
    }
}

/// `base`, or `base_1` and so on: the first that is free.
fn free(used: &mut HashSet<String>, base: &str) -> String {
    let mut name = base.to_string();
    let mut n = 0;
    while !used.insert(name.clone()) {
        n += 1;
        name = format!("{base}_{n}");
    }
    name
}
