//! TensorFlow's device names: `/GPU:0`, `/device:CPU:1`, `/job:localhost/replica:0/task:0/device:GPU:0`.

use crate::error::{Error, Result};
use std::fmt;

/// The two types of device there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DeviceType {
    /// The built-in CPU device: buffers are host memory.
    Cpu,
    /// An adapter reached through wgpu; its buffers and kernels live there.
    Gpu,
}

impl DeviceType {
    /// TensorFlow's name: `"CPU"` or `"GPU"`.
    pub const fn name(self) -> &'static str {
        match self {
            DeviceType::Cpu => "CPU",
            DeviceType::Gpu => "GPU",
        }
    }

    fn parse(s: &str) -> Option<Self> {
        [DeviceType::Cpu, DeviceType::Gpu].into_iter().find(|t| t.name().eq_ignore_ascii_case(s))
    }
}

impl fmt::Display for DeviceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Other device types that TensorFlow's parser knows; none of them exists here.
const FOREIGN: [&str; 3] = ["TPU", "TPU_SYSTEM", "COMPOSITE"];

/// What a device string asks for (`tf.DeviceSpec`).
///
/// ```
/// # use wgflow::runtime::DeviceSpec;
/// let spec: DeviceSpec = "/job:localhost/device:gpu:1".parse().unwrap();
/// assert_eq!(spec.to_string(), "/job:localhost/device:GPU:1");
/// assert!("nonsense".parse::<DeviceSpec>().is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct DeviceSpec {
    /// Name of the job, such as `localhost`.
    pub job: Option<String>,
    /// Number of the replica.
    pub replica: Option<i64>,
    /// Number of the task within the job.
    pub task: Option<i64>,
    /// Type in capitals, such as `GPU`.
    pub device_type: Option<String>,
    /// Index within the type; `None` stands for any.
    pub device_index: Option<i64>,
}

impl std::str::FromStr for DeviceSpec {
    type Err = Error;

    /// Reads a device string as `tf.DeviceSpec.from_string` does.
    ///
    /// # Errors
    /// `InvalidArgument` for unknown parts, two device types, or an index that is no number.
    fn from_str(spec: &str) -> Result<Self> {
        let mut out = DeviceSpec::default();
        for part in spec.split('/') {
            let fields: Vec<&str> = part.split(':').collect();
            match fields[..] {
                ["job", job] => out.job = Some(job.to_string()),
                ["replica", n] => out.replica = Some(number(n, spec)?),
                ["task", n] => out.task = Some(number(n, spec)?),
                ["device", kind, index] => out.set_device(kind.to_ascii_uppercase(), Some(index), spec)?,
                [kind] if is_known_type(kind) => out.set_device(kind.to_ascii_uppercase(), None, spec)?,
                [kind, index] if is_known_type(kind) => {
                    out.set_device(kind.to_ascii_uppercase(), Some(index), spec)?;
                }
                [""] | ["", ..] => {}
                _ => {
                    return Err(Error::invalid(
                        "device",
                        "name",
                        format_args!(
                            "parts such as 'job:localhost', 'device:GPU:0' or 'CPU:0'; '{part}' is none"
                        ),
                        format_args!("'{spec}'"),
                    ));
                }
            }
        }
        Ok(out)
    }
}

impl DeviceSpec {
    /// The type and index when this names a device that may exist in this process.
    pub(super) fn local(&self) -> Option<(DeviceType, Option<i64>)> {
        let here = self.job.as_deref().is_none_or(|j| j == "localhost")
            && self.replica.is_none_or(|n| n == 0)
            && self.task.is_none_or(|n| n == 0);
        let kind = self.device_type.as_deref().and_then(DeviceType::parse)?;
        here.then_some((kind, self.device_index))
    }

    fn set_device(&mut self, kind: String, index: Option<&str>, spec: &str) -> Result<()> {
        if self.device_type.is_some() {
            return Err(Error::invalid("device", "name", "one device type", format_args!("'{spec}'")));
        }
        self.device_type = Some(kind);
        self.device_index = match index {
            None | Some("*") => None,
            Some(n) => Some(number(n, spec)?),
        };
        Ok(())
    }
}

impl fmt::Display for DeviceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(job) = &self.job {
            write!(f, "/job:{job}")?;
        }
        if let Some(n) = self.replica {
            write!(f, "/replica:{n}")?;
        }
        if let Some(n) = self.task {
            write!(f, "/task:{n}")?;
        }
        match (&self.device_type, self.device_index) {
            (Some(kind), Some(n)) => write!(f, "/device:{kind}:{n}"),
            (Some(kind), None) => write!(f, "/device:{kind}:*"),
            (None, _) => Ok(()),
        }
    }
}

fn is_known_type(s: &str) -> bool {
    DeviceType::parse(s).is_some() || FOREIGN.iter().any(|t| t.eq_ignore_ascii_case(s))
}

fn number(s: &str, spec: &str) -> Result<i64> {
    s.trim().parse().map_err(|_| {
        Error::invalid("device", "name", format_args!("a number, not '{s}'"), format_args!("'{spec}'"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Strings and what TensorFlow 2.21's DeviceSpec makes of them; `None` where it raises ValueError.
    const TENSORFLOW: [(&str, Option<&str>); 18] = [
        ("/GPU:0", Some("/device:GPU:0")),
        ("gpu", Some("/device:GPU:*")),
        ("/device:GPU", None),
        ("/device:GPU:*", Some("/device:GPU:*")),
        ("/cpu:x", None),
        ("/job:worker/task:3/GPU:1", Some("/job:worker/task:3/device:GPU:1")),
        ("/device:gpu:0", Some("/device:GPU:0")),
        ("/replica:a/CPU:0", None),
        ("//CPU:0", Some("/device:CPU:0")),
        ("/CPU:0:1", None),
        ("/device:TPU:0", Some("/device:TPU:0")),
        ("/tpu:0", Some("/device:TPU:0")),
        ("/device:CPU:0/device:GPU:0", None),
        ("/gpu:1/cpu:0", None),
        ("/CPU:-1", Some("/device:CPU:-1")),
        ("GPU:0 ", Some("/device:GPU:0")),
        ("/XPU:0", None),
        ("/CPU:01", Some("/device:CPU:1")),
    ];

    #[test]
    fn parses_as_tensorflow() {
        for (text, wanted) in TENSORFLOW {
            let got = text.parse::<DeviceSpec>().ok().map(|s| s.to_string());
            assert_eq!(got.as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn local_devices_only() {
        let local = |s: &str| s.parse::<DeviceSpec>().ok().and_then(|s| s.local());
        assert_eq!(local("/job:localhost/replica:0/task:0/device:GPU:2"), Some((DeviceType::Gpu, Some(2))));
        assert_eq!(local("cpu"), Some((DeviceType::Cpu, None)));
        assert_eq!(local("/job:worker/GPU:0"), None);
        assert_eq!(local("/TPU:0"), None);
        assert_eq!(local(""), None);
    }
}
