"""What a transfer minimizes: Gram matrices, color transfer, losses, and objectives made of them.

`dimensionless` is the default objective, `published` that of Luan et al. 2017. `losses` has a
function for each term, `grams` the Gram matrices under masks, `color_transfer` the closed-form
transfer of colors that a solve starts from. How an objective is minimized is in `optimizers` and
`solver`.
"""
