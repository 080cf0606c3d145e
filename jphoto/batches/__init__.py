"""`jphoto batch`: a manifest or folders of photos in, a folder of results out, resumable.

- `tasks`, `manifest`, `manifest_lines`, `folders`, `entries`, `names`: which transfers are asked
  for, and what their results are called;
- `inputs`: a task made ready to be solved;
- `together`: what the processes of a distributed batch do at the same time;
- `run`: the batch itself, with reading, solving and writing side by side;
- `outputs`, `records`: the picture and the record of each pair, and how a batch resumes;
- `summary`: counts, failures and the contact sheet.

Pairs are grouped and solved by `pipeline.grouping`, which `jphoto.transfer_many` uses too.
"""
