//! Declaration of metrics.

/// Declares the class of a metric: its arguments beside name and dtype. Its name is given, or made up from that of the class.
macro_rules! metric_class {
    (
        $(#[doc = $doc:literal])+
        $name:ident ($($(#[doc = $rdoc:literal])+ $r:ident: $rt:ty),* $(,)?), $default:literal, $dtype:ident
        { $($(#[doc = $fdoc:literal])+ $f:ident: $t:ty = $d:expr),* $(,)? }
        { $($(#[doc = $odoc:literal])+ $o:ident: $ot:ty),* $(,)? }
    ) => {
        $crate::keras::object::class! {
            $(#[doc = $doc])+
            $name ($($(#[doc = $rdoc])+ $r: $rt),*) {
                $($(#[doc = $fdoc])+ $f: $t = $d,)*
                /// Its name.
                name: String = $default,
                /// The dtype of its variables.
                dtype: $crate::DType = $crate::DType::$dtype,
            } { $($(#[doc = $odoc])+ $o: $ot,)* }
            [state: $crate::keras::metrics::MetricState = $crate::keras::metrics::MetricState::default()]
        }
    };
}
pub(super) use metric_class;

/// As [`metric_class`], with a name that is made up: `precision`, then `precision_1`.
macro_rules! counted_class {
    (
        $(#[doc = $doc:literal])+
        $name:ident ($($(#[doc = $rdoc:literal])+ $r:ident: $rt:ty),* $(,)?), $dtype:ident
        { $($(#[doc = $fdoc:literal])+ $f:ident: $t:ty = $d:expr),* $(,)? }
        { $($(#[doc = $odoc:literal])+ $o:ident: $ot:ty),* $(,)? }
    ) => {
        $crate::keras::object::class! {
            $(#[doc = $doc])+
            $name ($($(#[doc = $rdoc])+ $r: $rt),*) {
                $($(#[doc = $fdoc])+ $f: $t = $d,)*
                /// The dtype of its variables.
                dtype: $crate::DType = $crate::DType::$dtype,
            } {
                $($(#[doc = $odoc])+ $o: $ot,)*
                /// Its name; by default that of the class in small letters, with a number where there are several.
                name: String,
            }
            [state: $crate::keras::metrics::MetricState = $crate::keras::metrics::MetricState::default()]
        }
    };
}
pub(super) use counted_class;

/// The methods of [`Metric`](super::Metric) that say what a metric is, for a class with a name of its own.
macro_rules! named {
    () => {
        fn name(&self) -> &str {
            &self.name
        }

        $crate::keras::metrics::class::described!();
    };
}
pub(super) use named;

/// The same for a class whose name is made up.
macro_rules! counted {
    () => {
        fn name(&self) -> &str {
            self.state
                .name(|| self.name.clone().unwrap_or_else(|| $crate::keras::object::auto_name(Self::NAME)))
        }

        $crate::keras::metrics::class::described!();
    };
}
pub(super) use counted;

macro_rules! described {
    () => {
        fn state(&self) -> &$crate::keras::metrics::MetricState {
            &self.state
        }

        fn config(&self) -> $crate::keras::object::Config {
            let mut c = self.arguments();
            c.insert("name".into(), $crate::keras::metrics::Metric::name(self).into());
            c
        }
    };
}
pub(super) use described;
