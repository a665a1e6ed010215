//! Vulkan drivers that run on the CPU, which tests use where there is no GPU.

use crate::shell::{Done, run};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A driver that can be installed anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Driver {
    /// Mesa's llvmpipe.
    Lavapipe,
    /// The driver that Chromium brings.
    SwiftShader,
}

impl Driver {
    /// The driver that a device name of the tests asks for.
    pub(crate) fn of(device: &str) -> Option<Driver> {
        match device {
            "lavapipe" => Some(Driver::Lavapipe),
            "swiftshader" => Some(Driver::SwiftShader),
            _ => None,
        }
    }

    /// The file that tells the Vulkan loader of it, if it is installed.
    pub(crate) fn icd(self) -> Option<PathBuf> {
        let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        let dirs: Vec<PathBuf> = match self {
            Driver::Lavapipe => vec![
                "/usr/share/vulkan/icd.d".into(),
                "/usr/local/share/vulkan/icd.d".into(),
                "/etc/vulkan/icd.d".into(),
                "/run/opengl-driver/share/vulkan/icd.d".into(),
                home.join(".local/share/vulkan/icd.d"),
            ],
            Driver::SwiftShader => vec![
                "/usr/lib/chromium".into(),
                "/usr/lib64/chromium".into(),
                "/usr/lib/chromium-browser".into(),
                "/usr/lib64/chromium-browser".into(),
                "/opt/google/chrome".into(),
                "/opt/microsoft/msedge".into(),
                "/opt/chromium".into(),
            ],
        };
        dirs.iter().find_map(|d| self.find(d))
    }

    fn find(self, dir: &Path) -> Option<PathBuf> {
        let start = match self {
            Driver::Lavapipe => "lvp_icd",
            Driver::SwiftShader => "vk_swiftshader_icd",
        };
        let fits = |p: &PathBuf| {
            let name = p.file_name().unwrap_or_default().to_string_lossy().into_owned();
            name.starts_with(start) && name.ends_with(".json")
        };
        let mut found: Vec<PathBuf> = std::fs::read_dir(dir).ok()?.flatten().map(|e| e.path()).collect();
        found.sort();
        // A 64-bit machine may hold the drivers of a 32-bit one too.
        let own = |p: &&PathBuf| p.to_string_lossy().contains(std::env::consts::ARCH);
        let fitting: Vec<PathBuf> = found.into_iter().filter(fits).collect();
        fitting.iter().find(own).or(fitting.first()).cloned()
    }

    /// Debian's packages.
    fn packages(self) -> &'static [&'static str] {
        match self {
            Driver::Lavapipe => &["libvulkan1", "mesa-vulkan-drivers"],
            Driver::SwiftShader => &["libvulkan1", "chromium"],
        }
    }

    fn name(self) -> &'static str {
        match self {
            Driver::Lavapipe => "lavapipe (a Vulkan driver of Mesa)",
            Driver::SwiftShader => "SwiftShader (the Vulkan driver of Chromium)",
        }
    }
}

/// Installs those drivers that are missing, and the Vulkan loader, by the system's package manager.
pub(crate) fn ensure(drivers: &[Driver]) -> Done {
    let mut packages: Vec<&str> = vec![];
    let missing: Vec<Driver> = drivers.iter().copied().filter(|d| d.icd().is_none()).collect();
    for d in drivers {
        match d.icd() {
            Some(icd) => println!("{}: {}", d.name(), icd.display()),
            None => println!("{}: missing", d.name()),
        }
    }
    missing.iter().for_each(|d| packages.extend(d.packages()));
    if !drivers.is_empty() && !has_loader() {
        packages.push("libvulkan1");
    }
    if packages.is_empty() {
        return Ok(());
    }
    packages.sort_unstable();
    packages.dedup();
    let install = [&["install", "-y", "--no-install-recommends"], &packages[..]].concat();
    let by_hand = format!(
        "the tests need {}. On Debian: `apt-get update && apt-get {}`; elsewhere: {ELSEWHERE}. \
         `cargo xtask test --device cpu` needs none of it",
        packages.join(" "),
        install.join(" ")
    );
    if !works("apt-get", &["--version"]) {
        return Err(by_hand.into());
    }
    let sudo: &[&str] = if is_root() {
        &[]
    } else if works("sudo", &["-n", "true"]) {
        &["sudo", "-n"]
    } else {
        return Err(format!("no rights to install: {by_hand}").into());
    };
    let apt = |args: &[&str]| {
        let words = [sudo, &["apt-get"], args].concat();
        run(Command::new(words[0]).args(&words[1..]).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt(&["update"])?;
    apt(&install)?;
    match missing.iter().find(|d| d.icd().is_none()) {
        None => Ok(()),
        Some(d) => Err(format!("the packages bring no {}: {by_hand}", d.name()).into()),
    }
}

const ELSEWHERE: &str = "Fedora has mesa-vulkan-drivers, vulkan-loader and chromium, Arch vulkan-swrast, vulkan-icd-loader and chromium, \
     Ubuntu has no Chromium with a driver in its archive, but Google's Chrome brings one";

fn has_loader() -> bool {
    let dirs = ["/usr/lib", "/usr/lib64", "/lib", "/usr/local/lib", "/run/opengl-driver/lib"];
    let multiarch = format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH);
    dirs.iter().copied().chain([&*multiarch]).any(|d| Path::new(d).join("libvulkan.so.1").exists())
}

fn is_root() -> bool {
    let out = Command::new("id").arg("-u").output();
    out.is_ok_and(|o| o.stdout.trim_ascii() == b"0")
}

fn works(program: &str, args: &[&str]) -> bool {
    let quiet = Command::new(program).args(args).stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok_and(|s| s.success())
}
