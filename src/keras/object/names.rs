//! Names of layers and other objects, as Keras makes them up.

use std::cell::RefCell;
use std::collections::HashMap;

thread_local! {
    /// How often each name was given on this thread. Layers stay on theirs.
    static GIVEN: RefCell<HashMap<String, usize>> = RefCell::default();
}

/// Forgets which names were given (`keras.utils.clear_session`): the next dense layer without a name of its own is `dense` again.
pub fn clear_session() {
    GIVEN.with_borrow_mut(HashMap::clear);
}

/// A name for an object of a class that has none: `dense`, then `dense_1`, `dense_2`.
pub(crate) fn auto_name(class: &str) -> String {
    let base = to_snake_case(class);
    GIVEN.with_borrow_mut(|given| {
        let n = given.entry(base.clone()).or_default();
        *n += 1;
        if *n == 1 { base } else { format!("{base}_{}", *n - 1) }
    })
}

/// Whether `name` is one that [`auto_name`] may have given to an object of the class.
pub(crate) fn is_auto_name(class: &str, name: &str) -> bool {
    let rest = name.strip_prefix(&to_snake_case(class));
    let numbered =
        |r: &str| r.strip_prefix('_').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    rest.is_some_and(|r| r.is_empty() || numbered(r))
}

/// `MaxPooling2D` to `max_pooling2d`, `ReLU` to `re_lu`: Keras' rule, word by word.
pub(crate) fn to_snake_case(name: &str) -> String {
    let c: Vec<char> = name.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
    let mut words = String::new();
    let mut i = 0;
    while i < c.len() {
        words.push(c[i]);
        let capital = c.get(i + 1).is_some_and(char::is_ascii_uppercase);
        i += 1;
        if capital && c.get(i + 1).is_some_and(char::is_ascii_lowercase) {
            words.push('_');
            words.push(c[i]);
            i += 1;
            while c.get(i).is_some_and(char::is_ascii_lowercase) {
                words.push(c[i]);
                i += 1;
            }
        }
    }
    let c: Vec<char> = words.chars().collect();
    let mut out = String::new();
    let mut i = 0;
    while i < c.len() {
        out.push(c[i].to_ascii_lowercase());
        if c[i].is_ascii_lowercase() && c.get(i + 1).is_some_and(char::is_ascii_uppercase) {
            out.push('_');
            out.push(c[i + 1].to_ascii_lowercase());
            i += 1;
        }
        i += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by Keras 3.15: `keras.src.utils.naming.to_snake_case`.
    #[test]
    fn snake_case_is_keras() {
        for (class, name) in [
            ("Dense", "dense"),
            ("Conv2D", "conv2d"),
            ("MaxPooling2D", "max_pooling2d"),
            ("Conv2DTranspose", "conv2d_transpose"),
            ("ReLU", "re_lu"),
            ("PReLU", "p_re_lu"),
            ("LeakyReLU", "leaky_re_lu"),
            ("ELU", "elu"),
            ("GlobalAveragePooling1D", "global_average_pooling1d"),
            ("MyHTTPLayer", "my_http_layer"),
            ("Net", "net"),
            ("my_layer", "my_layer"),
        ] {
            assert_eq!(to_snake_case(class), name);
        }
    }

    #[test]
    fn names_count_up() {
        clear_session();
        assert_eq!(
            [auto_name("ReLU"), auto_name("ReLU"), auto_name("ReLU")],
            ["re_lu", "re_lu_1", "re_lu_2"]
        );
        assert!(is_auto_name("ReLU", "re_lu_12") && is_auto_name("ReLU", "re_lu"));
        assert!(
            !is_auto_name("ReLU", "re_lu_x")
                && !is_auto_name("ReLU", "out")
                && !is_auto_name("ReLU", "re_lu_")
        );
    }
}
