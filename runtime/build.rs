//! Lists the files of Voice Mode, so that they are embedded in the binary without being named twice.

use std::{env, fmt::Write as _, fs, path::Path};

#[allow(clippy::expect_used)] // a build script stops the build by panicking
fn main() {
    println!("cargo::rerun-if-changed=web");
    let manifest = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let out = env::var("OUT_DIR").expect("cargo sets it");
    let web = Path::new(&manifest).join("web");
    let mut files: Vec<String> = fs::read_dir(&web)
        .expect("the page's folder is part of the source")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| kind(name).is_some())
        .collect();
    files.sort();
    let mut code = String::from(
        "/// Name, media type and content of each file.\nconst FILES: &[(&str, &str, &[u8])] = &[\n",
    );
    for name in files {
        let path = web.join(&name);
        writeln!(code, "    ({name:?}, {:?}, include_bytes!({path:?})),", kind(&name).unwrap_or_default())
            .expect("writing to a string");
    }
    code.push_str("];\n");
    fs::write(Path::new(&out).join("page_files.rs"), code).expect("cargo made the directory");
}

fn kind(name: &str) -> Option<&'static str> {
    match name.rsplit('.').next()? {
        "html" => Some("text/html; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "webmanifest" => Some("application/manifest+json"),
        _ => None,
    }
}
