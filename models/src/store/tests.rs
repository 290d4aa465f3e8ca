mod packages;
mod sources;
mod state;
