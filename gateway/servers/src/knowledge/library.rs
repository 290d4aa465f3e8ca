//! Documents in and passages out: reading, keeping and searching, without anything of MCP.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{PoisonError, RwLock};

use homepilot_models::embed::{Embedding, Nearest, Packed};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

use super::access::{Access, AccessError, Found};
use super::embedding::{Embeddings, NoEmbedding};
use super::passage::passages;
use super::ranking::{self, DEEP, Fusion};
use super::reading::{Format, ReadError, Reader, Reading};
use super::store::{
    DocumentId, DocumentRow, FileSource, FolderId, KeepError, NewDocument, PassageRow, Put, Store,
};
use crate::clock::Clock;
use crate::database::StoreError;

/// How many passages are embedded at a time: about 0.3 s, after which other work has its turn.
const BATCH: i64 = 8;

/// Everything that is known, and how to know more.
#[derive(Debug)]
pub(super) struct Library {
    pub store: Store,
    pub access: Access,
    pub embeddings: Embeddings,
    pub clock: Clock,
    reader: Reader,
    /// The embeddings that are kept, read from the database when first needed.
    nearest: RwLock<Nearest>,
    loaded: OnceCell<()>,
}

/// Why a document was not added.
#[derive(Debug, thiserror::Error)]
pub(super) enum AddError {
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error("{name} was not added: {source}")]
    Read { name: String, source: ReadError },
    #[error(transparent)]
    Keep(#[from] KeepError),
    #[error("the file could not be read: {0}")]
    Lost(#[from] tokio::task::JoinError),
}

impl From<StoreError> for AddError {
    fn from(error: StoreError) -> AddError {
        AddError::Keep(KeepError::Store(error))
    }
}

/// A document that was added.
#[derive(Debug)]
pub(super) struct Added {
    pub id: DocumentId,
    pub title: String,
    pub replaced: bool,
    pub passages: usize,
    pub words: usize,
}

/// A passage that was found.
#[derive(Debug, Clone)]
pub(super) struct Hit {
    pub passage: PassageRow,
    /// The cosine with the question, where it is among the closest.
    pub cosine: Option<f32>,
}

/// What a search found.
#[derive(Debug)]
pub(super) struct Search {
    pub hits: Vec<Hit>,
    /// The question's embedding, or why there is none and the search went by words alone.
    pub question: Result<Embedding, NoEmbedding>,
}

impl Library {
    pub fn new(store: Store, access: Access, embeddings: Embeddings, clock: Clock) -> Library {
        Library {
            store,
            access,
            embeddings,
            clock,
            reader: Reader::new(),
            nearest: RwLock::default(),
            loaded: OnceCell::new(),
        }
    }

    /// Reads a file and keeps it.
    pub async fn add_file(
        self: &std::sync::Arc<Self>,
        found: Found,
        folder: Option<FolderId>,
        title: Option<String>,
    ) -> Result<Added, AddError> {
        let (bytes, stamp) = self.bytes(&found).await?;
        let sha256 = Sha256::digest(&bytes).into();
        let name = super::access::name(&found.path);
        let read = self.reader.read(found.format, bytes).await;
        let reading = read.map_err(|source| AddError::Read { name: name.clone(), source })?;
        let title = title.or_else(|| reading.title.clone()).unwrap_or_else(|| stem(&found.path));
        let path = found.path.to_string_lossy().into_owned();
        let file = FileSource { path, folder, modified: stamp.modified };
        self.keep(title, found.format, Some(file), stamp.bytes, sha256, &reading).await
    }

    /// Keeps a text that was given as such.
    pub async fn add_text(&self, title: String, text: String) -> Result<Added, AddError> {
        let bytes = text.len() as u64;
        let sha256 = Sha256::digest(&text).into();
        let read = self.reader.read(Format::Markdown, text.into_bytes()).await;
        let reading = read.map_err(|source| AddError::Read { name: title.clone(), source })?;
        self.keep(title, Format::Markdown, None, bytes, sha256, &reading).await
    }

    /// The bytes of a file, if it may be read.
    pub async fn bytes(
        self: &std::sync::Arc<Self>,
        found: &Found,
    ) -> Result<(Vec<u8>, super::access::Stamp), AddError> {
        let (library, found) = (self.clone(), found.clone());
        Ok(tokio::task::spawn_blocking(move || library.access.read(&found)).await??)
    }

    async fn keep(
        &self,
        title: String,
        format: Format,
        file: Option<FileSource>,
        bytes: u64,
        sha256: [u8; 32],
        reading: &Reading,
    ) -> Result<Added, AddError> {
        let passages = passages(&reading.blocks);
        let count = passages.len();
        let words = reading.blocks.iter().map(|block| block.text.split_whitespace().count()).sum();
        let title: String = title.chars().take(200).collect();
        let new = NewDocument { title, format, file, bytes, sha256, passages };
        let Put { id, replaced, gone } = self.store.put(&new, self.now()).await?;
        self.forget(&gone);
        Ok(Added { id, title: new.title, replaced, passages: count, words })
    }

    /// Forgets a document.
    pub async fn remove(&self, document: &DocumentRow) -> Result<(), StoreError> {
        let gone = self.store.remove(document).await?;
        self.forget(&gone);
        Ok(())
    }

    /// Takes passages that are gone out of memory.
    pub fn forget(&self, gone: &[i64]) {
        let mut nearest = self.nearest.write().unwrap_or_else(PoisonError::into_inner);
        for id in gone {
            nearest.remove(*id);
        }
    }

    /// Embeds some passages that wait for it; whether there were any.
    pub async fn embed_some(&self) -> Result<bool, EmbedSomeError> {
        let waiting = self.store.waiting(BATCH).await?;
        if waiting.is_empty() {
            return Ok(false);
        }
        let embeddings = self.embeddings.texts(waiting.iter().map(PassageRow::told).collect()).await?;
        let packed: Vec<(i64, Packed)> =
            waiting.iter().map(|row| row.id).zip(embeddings.iter().map(Packed::from)).collect();
        self.store.embedded(&packed).await?;
        if self.loaded.initialized() {
            let mut nearest = self.nearest.write().unwrap_or_else(PoisonError::into_inner);
            for (id, embedding) in packed {
                nearest.insert(id, embedding);
            }
        }
        Ok(true)
    }

    /// The `most` passages that fit a question best, of one document or of all.
    pub async fn search(
        &self,
        question: &str,
        document: Option<&DocumentId>,
        most: usize,
    ) -> Result<Search, StoreError> {
        let words = match ranking::query(question) {
            Some(query) => self.store.by_words(&query, document, DEEP).await?,
            None => Vec::new(),
        };
        let embedding = self.embeddings.question(question).await;
        let meaning = match &embedding {
            Ok(embedding) => self.by_meaning(embedding, document).await?,
            Err(_) => Vec::new(),
        };
        let ranked: Vec<(i64, f32)> =
            ranking::fuse(&words, &meaning, Fusion::CHOSEN).into_iter().take(most).collect();
        let ids: Vec<i64> = ranked.iter().map(|(id, _)| *id).collect();
        let hits = self.store.passages(&ids).await?.into_iter().map(|passage| {
            let cosine = meaning.iter().find(|(id, _)| *id == passage.id).map(|(_, cosine)| *cosine);
            Hit { passage, cosine }
        });
        Ok(Search { hits: hits.collect(), question: embedding })
    }

    /// The passages closest to an embedding.
    pub async fn by_meaning(
        &self,
        question: &Embedding,
        document: Option<&DocumentId>,
    ) -> Result<Vec<(i64, f32)>, StoreError> {
        self.loaded.get_or_try_init(|| self.load()).await?;
        let within = match document {
            Some(document) => Some(self.store.ids_of(document).await?.into_iter().collect::<HashSet<i64>>()),
            None => None,
        };
        let nearest = self.nearest.read().unwrap_or_else(PoisonError::into_inner);
        Ok(nearest.search(question, DEEP, |id| within.as_ref().is_none_or(|ids| ids.contains(&id))))
    }

    async fn load(&self) -> Result<(), StoreError> {
        const AT_ONCE: i64 = 10_000;
        let mut after = 0;
        loop {
            let some = self.store.embeddings(after, AT_ONCE).await?;
            let Some((last, _)) = some.last() else { return Ok(()) };
            after = *last;
            let mut nearest = self.nearest.write().unwrap_or_else(PoisonError::into_inner);
            for (id, embedding) in some {
                nearest.insert(id, embedding);
            }
        }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// Why passages were not embedded.
#[derive(Debug, thiserror::Error)]
pub(super) enum EmbedSomeError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    None(#[from] NoEmbedding),
}

fn stem(path: &Path) -> String {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let tidy = super::reading::tidy(&name).replace('\n', " ");
    if tidy.is_empty() { "untitled".to_owned() } else { tidy }
}
