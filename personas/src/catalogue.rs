//! Every persona there is: the built-in ones, overlaid by a directory of the user's own.
//!
//! A reload reads the whole directory into a fresh state and swaps it in, so a reader sees the old catalogue or the new
//! one, never a mixture. Precedence for an id: a good file, then the last good persona of a file gone bad, then the
//! built-in. A persona that didn't change keeps its `Arc`.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::builtin;
use crate::manifest::parse;
use crate::persona::{Origin, Persona, PersonaId};
use crate::problem::PersonaProblem;

/// Bytes; a persona's file is a page of text.
const LARGEST_FILE: u64 = 64 * 1024;

/// A shared, always valid set of personas. Cloning shares it.
#[derive(Clone)]
pub struct Catalogue {
    inner: Arc<Inner>,
}

struct Inner {
    dir: Option<PathBuf>,
    state: RwLock<Arc<State>>,
    /// Held while reloading, so that two reloads can't finish in the wrong order.
    reloading: Mutex<()>,
}

#[derive(Default, PartialEq)]
struct State {
    personas: BTreeMap<PersonaId, Arc<Persona>>,
    problems: Vec<PersonaProblem>,
    /// By file; outlives the file's going bad, not its removal.
    last_good: BTreeMap<PathBuf, Arc<Persona>>,
}

impl Catalogue {
    /// Reads the built-in personas and, if given, the `.toml` files directly in `dir`. A missing directory is an empty
    /// one; everything else that is wrong is in [`Catalogue::problems`].
    pub fn load(dir: Option<&Path>) -> Self {
        let inner = Inner {
            dir: dir.map(Path::to_owned),
            state: RwLock::new(Arc::new(State::default())),
            reloading: Mutex::new(()),
        };
        let catalogue = Self { inner: Arc::new(inner) };
        catalogue.reload();
        catalogue
    }

    /// The persona of that id.
    pub fn get(&self, id: &PersonaId) -> Option<Arc<Persona>> {
        self.state().personas.get(id).cloned()
    }

    /// All of them: the built-in ids in their own order, then the rest by id.
    pub fn list(&self) -> Vec<Arc<Persona>> {
        let (shipped, _) = builtin::personas();
        let rank =
            |id: &PersonaId| shipped.iter().position(|persona| persona.id == *id).unwrap_or(shipped.len());
        let mut personas: Vec<Arc<Persona>> = self.state().personas.values().cloned().collect();
        personas.sort_by_key(|persona| rank(&persona.id));
        personas
    }

    /// What is wrong with the user's files, file by file.
    pub fn problems(&self) -> Vec<PersonaProblem> {
        self.state().problems.clone()
    }

    /// The user's directory, if there is one.
    pub fn dir(&self) -> Option<&Path> {
        self.inner.dir.as_deref()
    }

    /// Reads everything again. True if a persona or a problem differs from before.
    pub fn reload(&self) -> bool {
        let _one_at_a_time = self.inner.reloading.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.state();
        let after = State::read(self.dir(), &before);
        let changed = *before != after;
        for problem in after.problems.iter().filter(|problem| !before.problems.contains(problem)) {
            tracing::warn!(%problem, "persona file needs mending");
        }
        *self.inner.state.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(after);
        changed
    }

    fn state(&self) -> Arc<State> {
        self.inner.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl State {
    fn read(dir: Option<&Path>, before: &Self) -> Self {
        let (shipped, problems) = builtin::personas();
        let mut state = Self { problems, ..Self::default() };
        let mut stale = Vec::new();
        match dir.map_or_else(|| Ok(Vec::new()), files) {
            Ok(files) => {
                for file in files {
                    state.add_file(file, before, &mut stale);
                }
            }
            Err(message) => {
                let file = dir.unwrap_or(Path::new("")).to_owned();
                state.problems.push(PersonaProblem { file, line: None, field: None, message });
                stale.extend(
                    before.last_good.iter().map(|(file, persona)| (file.clone(), Arc::clone(persona))),
                );
            }
        }
        for (file, persona) in stale {
            state.personas.entry(persona.id.clone()).or_insert_with(|| Arc::clone(&persona));
            state.last_good.insert(file, persona);
        }
        for persona in shipped {
            let id = persona.id.clone();
            let unchanged = before.personas.get(&id).filter(|old| ***old == persona).cloned();
            state.personas.entry(id).or_insert_with(|| unchanged.unwrap_or_else(|| Arc::new(persona)));
        }
        state
    }

    fn add_file(&mut self, file: PathBuf, before: &Self, stale: &mut Vec<(PathBuf, Arc<Persona>)>) {
        let last_good = before.last_good.get(&file);
        let persona = match read(&file).and_then(|text| parse(&text, &file, Origin::File(file.clone()))) {
            Ok(persona) => persona,
            Err(mut wrong) => {
                self.problems.append(&mut wrong);
                stale.extend(last_good.map(|persona| (file, Arc::clone(persona))));
                return;
            }
        };
        if let Some(Origin::File(first)) = self.personas.get(&persona.id).map(|persona| &persona.origin) {
            let message =
                format!("{:?} is already the id of {}; choose another", persona.id.as_str(), first.display());
            self.problems.push(PersonaProblem { file, line: None, field: Some("id".to_owned()), message });
            return;
        }
        let unchanged = last_good.filter(|old| ***old == persona).cloned();
        let persona = unchanged.unwrap_or_else(|| Arc::new(persona));
        self.personas.insert(persona.id.clone(), Arc::clone(&persona));
        self.last_good.insert(file, persona);
    }
}

/// The directory's visible `.toml` files by name.
fn files(dir: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = match dir.read_dir() {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("the directory can't be read: {error}; check its permissions")),
    };
    let is_persona = |path: &PathBuf| {
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        path.extension().is_some_and(|extension| extension == "toml") && !hidden
    };
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_persona).collect();
    files.sort();
    Ok(files)
}

fn read(file: &Path) -> Result<String, Vec<PersonaProblem>> {
    let problem =
        |line, message: String| vec![PersonaProblem { file: file.to_owned(), line, field: None, message }];
    let mut bytes = Vec::new();
    std::fs::File::open(file)
        .and_then(|opened| opened.take(LARGEST_FILE + 1).read_to_end(&mut bytes))
        .map_err(|error| {
            problem(None, format!("can't be read: {error}; check that it is a readable file"))
        })?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(problem(None, format!("is larger than {} KiB; shorten it", LARGEST_FILE / 1024)));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
        problem(Some(line), "is not UTF-8 text; save it as UTF-8".to_owned())
    })
}

#[cfg(test)]
mod tests;
