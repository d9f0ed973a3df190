comment on view {{view}} is {{=comment}}
