"""The table of terms: one sentence each, the formula where there is one, and where it is written down."""

from __future__ import annotations

from dataclasses import dataclass

PAPERS = (
    "DEC: Xie, Girshick and Farhadi 2016. IDEC: Guo, Gao, Liu and Yin 2017. DCEC: Guo, Liu, Zhu and Yin 2017. "
    "DEC-DA: Guo, Zhu, Liu and Yin 2018. DCN: Yang, Fu, Sidiropoulos and Hong 2017. N2D: McConville et al. 2019. "
    "UMAP: McInnes, Healy and Melville 2018. VaDE: Jiang, Zheng, Tan, Tang and Zhou 2017."
)


@dataclass(frozen=True)
class Term:
    """A word of the field.

    Attributes
    ----------
    name : str
        As it stands on the screen.
    sentence : str
        What it is, in plain words.
    formula : str
        In LaTeX; "" where there is none.
    source : str
        The paper and the place in it; "" for what is general knowledge.
    tutorial : str
        Its counterpart in the tutorial's code; "" where the tutorial has none.
    note : str
        For who knows it already: how implementations differ.
    needs : tuple of str
        Keys of the terms that its sentence uses: its tooltip explains them, too.
    """

    name: str
    sentence: str
    formula: str = ""
    source: str = ""
    tutorial: str = ""
    note: str = ""
    needs: tuple[str, ...] = ()


CONCEPTS = {
    "z": Term(
        "z, the embedding",
        "The few numbers to which the encoder reduces an image; clustering happens in their space.",
        r"z_i = f_\theta(x_i)",
        "DEC, section 3",
        "encoder.predict(x)",
    ),
    "autoencoding": Term(
        "Autoencoder",
        "An encoder that compresses an image to z and a decoder that restores the image from z, trained together.",
        r"\min\ \lVert x - g(f_\theta(x)) \rVert^2",
        "DEC, section 3.2",
        "autoencoder(dims, init=init)",
    ),
    "reconstruction": Term(
        "Reconstruction",
        "The decoder's output for the z of an image.",
        r"\hat x_i = g(z_i)",
        "DEC, section 3.2",
        "autoencoder.predict(x)",
    ),
    "reconstruction_error": Term(
        "Reconstruction error",
        "Mean squared difference between a pixel, from 0 to 1, and its reconstruction: the mean of an epoch, "
        "of the images as they were shown, augmented or not.",
        r"\tfrac{1}{nd}\sum_i \lVert x_i - \hat x_i \rVert^2",
        "",
        "loss='mse'",
    ),
    "cluster_centers": Term(
        "Cluster centers",
        "One point in the space of z for each cluster; k-means places them, training moves them.",
        r"\mu_j",
        "DEC, section 3.2",
        "model.get_layer(name='clustering').set_weights([kmeans.cluster_centers_])",
    ),
    "q": Term(
        "q, the soft assignment",
        "How much an image belongs to each cluster: the nearer its z lies to the center, the more, by Student's t.",
        r"q_{ij} = \frac{(1 + \lVert z_i - \mu_j\rVert^2/\alpha)^{-\frac{\alpha+1}{2}}}"
        r"{\sum_{j'}(1 + \lVert z_i - \mu_{j'}\rVert^2/\alpha)^{-\frac{\alpha+1}{2}}}",
        "DEC, equation 1",
        "model.predict(x), ClusteringLayer.call",
    ),
    "p": Term(
        "p, the target distribution",
        "q made sharper: squared, divided by how full each cluster is, and normalized. Training pulls q toward p, "
        "or, as long as an initial target is held, toward that.",
        r"p_{ij} = \frac{q_{ij}^2 / \sum_i q_{ij}}{\sum_{j'} q_{ij'}^2 / \sum_i q_{ij'}}",
        "DEC, equation 3",
        "target_distribution(q)",
    ),
    "kl": Term(
        "KL divergence",
        "How far q is from p: the clustering loss, 0 where they are equal.",
        r"L = \mathrm{KL}(P \Vert Q) = \sum_i \sum_j p_{ij} \log \frac{p_{ij}}{q_{ij}}",
        "DEC, equation 2",
        "loss='kld'",
        note="The paper sums over the images, Keras takes the mean.",
        needs=("z", "q", "p"),
    ),
    "joint_loss": Term(
        "Joint training",
        "Clustering and reconstruction trained together, so that the decoder stays in step.",
        r"L = L_r + \gamma L_c",
        "IDEC, section 3; DCEC, section 3",
        "loss=['kld', 'mse'], loss_weights=[0.1, 1]",
    ),
    "kmeans_loss": Term(
        "Center loss (DCN)",
        "Half the squared distance from the z of an image to the center it is assigned to.",
        r"\tfrac12 \lVert f_\theta(x_i) - \mu_{s_i} \rVert^2",
        "DCN, section 4",
        needs=("z",),
    ),
    "prior_loss": Term(
        "Prior loss (VaDE)",
        "How far the z and the cluster that the encoder gives an image are from what a mixture of Gaussians draws; "
        "with the reconstruction's error it makes the evidence lower bound of VaDE.",
        r"\mathrm{KL}(q(z, c \mid x) \Vert p(z, c))",
        "VaDE, section 3",
        needs=("z", "gaussian_mixture"),
    ),
    "pretraining": Term(
        "Pretraining",
        "Training the autoencoder alone, before there are clusters: it learns to restore each image from its z.",
        "",
        "DEC, section 3.2",
        "autoencoder.fit(x, x, batch_size=256, epochs=300)",
    ),
    "initialization": Term(
        "Centers",
        "k-means places one center in the space of z for each cluster.",
        "",
        "DEC, section 3.2",
        "KMeans(...).fit_predict(encoder.predict(x))",
    ),
    "clustering": Term(
        "Clustering",
        "Training encoder and centers together, so that q approaches p and each z moves toward a center.",
        "",
        "DEC, section 3.1",
        "model.train_on_batch(x=x[idx], y=p[idx])",
    ),
    "gradient": Term(
        "Gradient",
        "The direction in which a loss grows fastest when numbers such as weights or centers change a little, and how "
        "fast: training goes a small step against it.",
        r"\frac{\partial L}{\partial z_i}",
        "DEC, equations 4 and 5",
        "optimizer.minimize(loss)",
    ),
    "learning_rate": Term(
        "Learning rate, of any training",
        "How long a step is: the gradient is multiplied by it; if it is too small nothing happens, if it is too large "
        "every step overshoots.",
        r"\theta \leftarrow \theta - \eta\, \frac{\partial L}{\partial \theta}",
        "",
        "SGD(lr=...)",
        needs=("gradient",),
    ),
    "epoch": Term(
        "Epoch, batch, step",
        "A batch is a handful of images; each batch gives one gradient step (iteration); an epoch is one pass over all "
        "images.",
        "",
        "",
        "batch_size = 256, epochs = 300",
    ),
    "student_t": Term(
        "Student's t, the kernel of q",
        "A bell curve with long tails: it turns a distance into a weight that gets small far away, but never 0; "
        "α says how long the tails are.",
        r"(1 + \lVert z_i - \mu_j\rVert^2/\alpha)^{-\frac{\alpha+1}{2}}",
        "DEC, section 3.1.1; van der Maaten and Hinton (2008) for t-SNE",
    ),
    "target_update": Term(
        "Target update",
        "q of all images is recomputed, and p from it unless an initial target is held; "
        "between two updates p stays fixed.",
        "",
        "IDEC, algorithm 1",
        "if ite % update_interval == 0",
    ),
    "changed": Term(
        "Changed",
        "Share of the images that changed cluster at the last target update.",
        r"\tfrac1n \sum_i [\,c_i \neq c_i^{\text{before}}\,]",
        "DEC, section 3.1.3",
        "delta_label",
    ),
    "acc": Term(
        "Accuracy (ACC)",
        "Share of the images whose cluster is the one matched to their class, under the best one-to-one matching.",
        r"\mathrm{ACC} = \max_m \tfrac1n \sum_i [\,l_i = m(c_i)\,]",
        "DEC, equation 10",
        "metrics.acc(y, y_pred)",
    ),
    "nmi": Term(
        "NMI",
        "Normalized mutual information of clusters and classes: 1 is perfect, 0 means that they are independent. "
        "It is not corrected for chance.",
        r"\frac{2\,I(Y; C)}{H(Y) + H(C)}",
        "scikit-learn, arithmetic mean",
        "metrics.nmi(y, y_pred)",
    ),
    "ari": Term(
        "ARI",
        "Adjusted Rand index: pairs of images judged alike, corrected for chance; 1 is perfect, 0 is chance.",
        "",
        "Hubert and Arabie (1985)",
        "metrics.ari(y, y_pred)",
    ),
    "silhouette": Term(
        "Silhouette",
        "How compact and well separated clusters are in z, from −1 to 1, over up to 2 000 images; no labels are used.",
        r"\tfrac1n \sum_i \frac{b_i - a_i}{\max(a_i, b_i)}",
        "Rousseeuw (1987)",
    ),
    "confidence": Term(
        "Confidence",
        "Mean over the images of the largest q: how sure the assignment is of itself.",
        r"\tfrac1n \sum_i \max_j q_{ij}",
    ),
    "agreement": Term(
        "Agreement",
        "Modularity of the clusters over the graph of nearest neighbors among the images: how much more often "
        "neighbors share a cluster than expected by chance; no labels are used.",
        r"\sum_c \left[\frac{e_c}{m} - \left(\frac{d_c}{2m}\right)^2\right]",
        "Newman and Girvan (2004)",
    ),
    "confusion_matrix": Term(
        "Confusion matrix",
        "How many images of each class are in each cluster.",
        r"n_{lj} = \lvert \{i : l_i = l,\, c_i = j\} \rvert",
        "",
        "sklearn.metrics.confusion_matrix",
    ),
    "matching": Term(
        "Matching (Hungarian method)",
        "Pairs clusters with classes, one to one, so that the "
        "diagonal of the confusion matrix holds as many images as possible.",
        "",
        "Kuhn (1955)",
        "linear_assignment",
    ),
    "kmeans": Term(
        "k-means",
        "Places centers so that points are as near as possible to their own center; here in z, or on pixels.",
        r"\min_\mu \sum_i \min_j \lVert z_i - \mu_j \rVert^2",
        "Lloyd (1982)",
        "KMeans(n_clusters=n_clusters, n_init=20)",
    ),
    "pca": Term("PCA", "Linear projection of z onto the plane in which it varies most.", "", "Pearson (1901)"),
    "umap": Term(
        "UMAP",
        "A map in which neighbors stay neighbors; distances between far groups mean little.",
        "",
        "McInnes, Healy and Melville (2018)",
    ),
    "gaussian_mixture": Term(
        "Gaussian mixture",
        "Describes the data as a sum of Gaussians (ellipsoidal groups); each image belongs to each to some degree.",
        r"\sum_j \pi_j\, \mathcal N(x \mid m_j, S_j)",
        "N2D",
    ),
}

FIELD_TERMS = {
    "dataset": Term("", "", tutorial="keras.datasets.mnist"),
    "n_samples": Term("", ""),
    "deskew": Term("", ""),
    "centered": Term("", "", source="LeCun et al. 1998, section 4.3"),
    "method": Term("", "", source="DEC; joint: IDEC and DCEC; dcn: DCN; vade: VaDE"),
    "autoencoder": Term("", "", tutorial="autoencoder(dims), autoencoderConv2D_1, autoencoderConv2D_2"),
    "hidden_units": Term("", "", source="DEC, section 4.3", tutorial="dims = [784, 500, 500, 2000, 10]"),
    "filters": Term("", "", source="DCEC", tutorial="filters=[32, 64, 128, 10], of which 10 is z"),
    "latent_dim": Term("", "", formula=r"z \in \mathbb R^{d}", source="DEC, section 4.3", tutorial="dims[-1]"),
    "initializer": Term("", "", source="", tutorial="VarianceScaling(scale=1. / 3., mode='fan_in', ...)"),
    "precision": Term("", ""),
    "pretrain_epochs": Term("", "", tutorial="pretrain_epochs = 300"),
    "pretrain_optimizer": Term("", "", tutorial="SGD(lr=1, momentum=0.9); 'adadelta' for the convolutional one"),
    "pretrain_learning_rate": Term("", "", tutorial="SGD(lr=1, ...)"),
    "learning_rate_decay": Term("", ""),
    "pretrain_augment": Term("", "", source="after DEC-DA"),
    "distortion": Term("", "", source="after DEC-DA; the amounts are ours"),
    "batch_size": Term("", "", tutorial="batch_size = 256"),
    "n_clusters": Term("", "", formula="k", source="DEC, section 3", tutorial="n_clusters = len(np.unique(y))"),
    "first_target": Term(
        "",
        "",
        formula=r"p^{(0)}",
        source="DEC, equation 3; umap_gmm after N2D, which maps z, not images",
        needs=("z", "q", "p"),
    ),
    "first_target_steps": Term("", ""),
    "features": Term("", "", source="Dalal and Triggs (2005) for gradients, Keysers et al. (2007) for deformed"),
    "n_neighbors": Term("", "", source="McInnes, Healy and Melville (2018)"),
    "compare_distorted": Term("", ""),
    "gmm_n_init": Term("", ""),
    "update_interval": Term("", "", source="IDEC, algorithm 1", tutorial="update_interval = 140", needs=("q", "p")),
    "cluster_optimizer": Term(
        "", "", source="DEC, section 4.3", tutorial="SGD(0.01, 0.9); 'adam' for the convolutional one"
    ),
    "cluster_learning_rate": Term("", "", source="DEC, section 4.3", tutorial="SGD(0.01, 0.9)"),
    "gamma": Term(
        "",
        "",
        formula=r"L = L_r + \gamma L_c",
        source="IDEC, section 3, with a mean over pixels for L_r",
        tutorial="loss_weights=[0.1, 1]",
    ),
    "kmeans_weight": Term(
        "",
        "",
        formula=r"L = L_r + \tfrac{\lambda}{2} \lVert f_\theta(x_i) - \mu_{s_i} \rVert^2",
        source="DCN, section 4, with a mean over pixels for L_r",
    ),
    "kl_weight": Term(
        "",
        "",
        formula=r"L = L_r + \beta\, \mathrm{KL}(q(z, c \mid x) \Vert p(z, c))",
        source="VaDE, section 3, divided by the pixels' number and half their inverse variance",
    ),
    "augment": Term("", "", source="after DEC-DA"),
    "tol": Term("", "", source="DEC, section 3.1.3", tutorial="tol = 0.001"),
    "max_iterations": Term("", "", tutorial="maxiter = 8000"),
    "alpha": Term(
        "",
        "",
        formula=r"q_{ij} \propto (1 + \lVert z_i - \mu_j\rVert^2/\alpha)^{-\frac{\alpha+1}{2}}",
        source="DEC, equation 1",
        tutorial="ClusteringLayer(n_clusters, alpha=1.0)",
    ),
    "center_init": Term("", "", source="DEC, section 3.2"),
    "kmeans_n_init": Term("", "", source="DEC, section 4.3", tutorial="KMeans(n_clusters, n_init=20)"),
    "momentum": Term("", "", tutorial="SGD(..., momentum=0.9)"),
    "random_state": Term("", "", tutorial="np.random.seed(10)"),
}
"""What the glossary adds to a field of `RunConfig`, whose name and sentence are its label and its help."""
