//! Embeds a new migration as soon as its file is there.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
