// Command go_reader reads a log as its auditor would who trusts none of our code: every signature,
// hash and proof is checked by golang.org/x/mod/sumdb/note and tlog, which Go's own module
// checksum database runs on.
//
//	go_reader DIR VKEY [ENTRY PROOF]
//
// DIR is a log in the layout of C2SP tlog-tiles, VKEY the verifier key of its log key. With ENTRY
// and PROOF, a receipt's two files are checked as well, against the checkpoint inside the proof.
// It prints what it proved and ends 0, or says what is wrong and ends 1.
package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	height = 8
	width  = 1 << height
)

func main() {
	if len(os.Args) != 3 && len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: go_reader DIR VKEY [ENTRY PROOF]")
		os.Exit(2)
	}
	verifier, err := note.NewVerifier(os.Args[2])
	if err == nil {
		err = checkLog(os.Args[1], verifier)
	}
	if err == nil && len(os.Args) == 5 {
		err = checkReceipt(os.Args[3], os.Args[4], verifier)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "go_reader:", err)
		os.Exit(1)
	}
}

// checkLog verifies the checkpoint, recomputes its root from the entries alone, and then proves by
// the tiles alone that the entries (of a large log a thousand of them) are in the tree, and that
// the tree continues smaller ones, chosen where a tile or a level of tiles ends.
func checkLog(dir string, verifier note.Verifier) error {
	data, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return err
	}
	tree, err := openCheckpoint(data, verifier)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	leaves, err := readLeaves(dir, tree.N)
	if err != nil {
		return err
	}
	stored, err := storedHashes(leaves)
	if err != nil {
		return err
	}
	root, err := rootOf(tree.N, stored)
	if err != nil {
		return err
	}
	if root != tree.Hash {
		return fmt.Errorf("the entries have the root %v, the checkpoint says %v", root, tree.Hash)
	}
	tiles := tlog.TileHashReader(tree, tileReader(dir))
	if err := compareLeaves(tiles, leaves); err != nil {
		return err
	}
	proved := 0
	for i := 0; i < len(leaves); i += 1 + len(leaves)/1000 {
		proof, err := tlog.ProveRecord(tree.N, int64(i), tiles)
		if err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, int64(i), leaves[i]); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
		proved++
	}
	smaller := 0
	for _, old := range []int64{1, 2, width - 1, width, width + 1, tree.N - 1, tree.N} {
		if old < 1 || old > tree.N {
			continue
		}
		oldRoot, err := rootOf(old, stored)
		if err != nil {
			return err
		}
		proof, err := tlog.ProveTree(tree.N, old, tiles)
		if err != nil {
			return fmt.Errorf("from size %d: %w", old, err)
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, old, oldRoot); err != nil {
			return fmt.Errorf("from size %d: %w", old, err)
		}
		smaller++
	}
	fmt.Printf("log: size %d, root %v, %d inclusion and %d consistency proofs\n",
		tree.N, tree.Hash, proved, smaller)
	return nil
}

// compareLeaves reads all tiles of level 0 through the root and holds them against the entries.
func compareLeaves(tiles tlog.HashReader, leaves []tlog.Hash) error {
	if len(leaves) == 0 {
		return nil
	}
	var indexes []int64
	for i := range leaves {
		indexes = append(indexes, tlog.StoredHashIndex(0, int64(i)))
	}
	hashes, err := tiles.ReadHashes(indexes)
	if err != nil {
		return fmt.Errorf("tiles: %w", err)
	}
	for i, leaf := range leaves {
		if hashes[i] != leaf {
			return fmt.Errorf("entry %d: its tile holds another leaf hash", i)
		}
	}
	return nil
}

// openCheckpoint returns the tree of a checkpoint that the log signed under its origin.
func openCheckpoint(data []byte, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(data, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return tlog.Tree{}, errors.New("not three lines")
	}
	if lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("origin %q, signed by %q", lines[0], verifier.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return tlog.Tree{}, fmt.Errorf("size %q", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// readLeaves reads all entry bundles and returns the entries' leaf hashes.
func readLeaves(dir string, size int64) ([]tlog.Hash, error) {
	var leaves []tlog.Hash
	for n := int64(0); n*width < size; n++ {
		w := min(size-n*width, width)
		path := tilePath(tlog.Tile{H: height, L: -1, N: n, W: w})
		rest, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			return nil, err
		}
		for i := 0; i < w; i++ {
			if len(rest) < 2 {
				return nil, fmt.Errorf("%s: ends before entry %d", path, i)
			}
			length := int(rest[0])<<8 | int(rest[1])
			if len(rest) < 2+length {
				return nil, fmt.Errorf("%s: ends inside entry %d", path, i)
			}
			leaves = append(leaves, tlog.RecordHash(rest[2:2+length]))
			rest = rest[2+length:]
		}
		if len(rest) != 0 {
			return nil, fmt.Errorf("%s: goes on after its entries", path)
		}
	}
	return leaves, nil
}

// storedHashes is the tree over leaves in the order that package tlog stores it in.
func storedHashes(leaves []tlog.Hash) (tlog.HashReader, error) {
	var all []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			out[i] = all[index]
		}
		return out, nil
	})
	for i, leaf := range leaves {
		hashes, err := tlog.StoredHashesForRecordHash(int64(i), leaf, reader)
		if err != nil {
			return nil, err
		}
		all = append(all, hashes...)
	}
	return reader, nil
}

func rootOf(size int64, stored tlog.HashReader) (tlog.Hash, error) {
	if size == 0 { // RFC 6962 2.1; older versions of tlog answer with zeros
		return tlog.Hash(sha256.Sum256(nil)), nil
	}
	return tlog.TreeHash(size, stored)
}

// tilePath is a tile's path as C2SP tlog-tiles writes it: without the height that package tlog
// puts in front, and with the entries under "entries" where that says "data".
func tilePath(t tlog.Tile) string {
	path := strings.TrimPrefix(t.Path(), fmt.Sprintf("tile/%d/", t.H))
	if rest := strings.TrimPrefix(path, "data/"); rest != path {
		path = "entries/" + rest
	}
	return "tile/" + path
}

// tileReader reads tiles from a directory; package tlog authenticates what it reads.
type tileReader string

func (dir tileReader) Height() int { return height }

func (dir tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := os.ReadFile(filepath.Join(string(dir), tilePath(tile)))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (dir tileReader) SaveTiles([]tlog.Tile, [][]byte) {}

// checkReceipt verifies a C2SP tlog-proof for the entry beside it.
func checkReceipt(entryFile, proofFile string, verifier note.Verifier) error {
	entry, err := os.ReadFile(entryFile)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(proofFile)
	if err != nil {
		return err
	}
	head, checkpoint, found := bytes.Cut(data, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("receipt: not a tlog-proof")
	}
	lines = lines[1:]
	if strings.HasPrefix(lines[0], "extra ") && len(lines) > 1 {
		lines = lines[1:]
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "index "), 10, 64)
	if err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	var proof tlog.RecordProof
	for _, line := range lines[1:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return fmt.Errorf("receipt: %w", err)
		}
		proof = append(proof, hash)
	}
	tree, err := openCheckpoint(checkpoint, verifier)
	if err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	if index < 0 || index >= tree.N {
		return fmt.Errorf("receipt: a tree of %d has no entry %d", tree.N, index)
	}
	err = tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry))
	if err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	fmt.Printf("receipt: entry %d of %d\n", index, tree.N)
	return nil
}

func min(a, b int64) int {
	if a < b {
		return int(a)
	}
	return int(b)
}
