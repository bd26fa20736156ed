"""What a kernel has done already when a search comes: importing this opens the index and answers a question.

The process that the kernels are forked from imports it (see `kernels`); what is loaded here, they share.
"""

import ipykernel.ipkernel
import ipykernel.kernelapp
import ipykernel.zmqshell  # noqa: F401

from l1000_rnaseq.app.environment import index_path
from l1000_rnaseq.app.form import index_of_environment
from l1000_rnaseq.app.markup import page, plotly
from l1000_rnaseq.app.page import answer_form

answered = answer_form(index_path(), gene=str(index_of_environment().genes.index[0]))
shown = page(answered) + plotly()
