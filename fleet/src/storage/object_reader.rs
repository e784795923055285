//! An object as a stream of bytes, read in ranges: each can be asked for again.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes};
use object_store::path::Path as ObjectPath;
use object_store::{GetOptions, GetRange, ObjectStore};
use tcpwhy::capture::SourceInput;
use tokio::runtime::Handle;

use super::location::reason;

/// So much is asked for at once, in bytes: an answer takes far longer to begin than to come.
const RANGE: u64 = 8 << 20;

/// A range is asked for so often, after what the client of the storage repeats itself.
const TRIES: u32 = 3;

/// How long it is waited before a range is asked for again; each time twice as long.
const PAUSE: Duration = Duration::from_millis(200);

/// An object, and how it is read.
pub(super) struct StoredObject {
    store: Arc<dyn ObjectStore>,
    path: ObjectPath,
    size: u64,
    mark: Option<String>,
    runtime: Handle,
}

impl StoredObject {
    pub(super) fn new(
        store: Arc<dyn ObjectStore>,
        path: ObjectPath,
        (size, mark): (u64, Option<String>),
        runtime: Handle,
    ) -> Self {
        Self {
            store,
            path,
            size,
            mark,
            runtime,
        }
    }
}

impl SourceInput for StoredObject {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(ObjectReader {
            store: Arc::clone(&self.store),
            path: self.path.clone(),
            size: self.size,
            mark: self.mark.clone(),
            runtime: self.runtime.clone(),
            asked_for: 0,
            at_hand: Bytes::new(),
        }))
    }

    fn length(&self) -> u64 {
        self.size
    }
}

struct ObjectReader {
    store: Arc<dyn ObjectStore>,
    path: ObjectPath,
    size: u64,
    mark: Option<String>,
    runtime: Handle,
    asked_for: u64,
    at_hand: Bytes,
}

impl ObjectReader {
    fn next_range(&mut self) -> io::Result<()> {
        let end = self.size.min(self.asked_for + RANGE);
        let mut pause = PAUSE;
        let mut tries = 1;
        loop {
            let error = match self.runtime.block_on(self.get(self.asked_for, end)) {
                Ok(bytes) => {
                    self.at_hand = bytes;
                    self.asked_for = end;
                    return Ok(());
                }
                Err(error) => error,
            };
            let is_final = matches!(
                error,
                object_store::Error::NotFound { .. }
                    | object_store::Error::Precondition { .. }
                    | object_store::Error::PermissionDenied { .. }
                    | object_store::Error::Unauthenticated { .. }
            );
            if is_final || tries == TRIES {
                return Err(io::Error::other(reason(&error)));
            }
            tries += 1;
            std::thread::sleep(pause);
            pause *= 2;
        }
    }

    async fn get(&self, start: u64, end: u64) -> object_store::Result<Bytes> {
        let options = GetOptions {
            range: Some(GetRange::Bounded(start..end)),
            if_match: self.mark.clone(),
            ..GetOptions::default()
        };
        let bytes = self.store.get_opts(&self.path, options).await?;
        let bytes = bytes.bytes().await?;
        if bytes.len() as u64 != end - start {
            return Err(object_store::Error::Generic {
                store: "storage",
                source: format!("gave {} of {} bytes", bytes.len(), end - start).into(),
            });
        }
        Ok(bytes)
    }
}

impl Read for ObjectReader {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.at_hand.is_empty() && self.asked_for < self.size && !room.is_empty() {
            self.next_range()?;
        }
        let count = room.len().min(self.at_hand.len());
        let (filled, _) = room.split_at_mut(count);
        self.at_hand.copy_to_slice(filled);
        Ok(count)
    }
}
